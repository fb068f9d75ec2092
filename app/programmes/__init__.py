"""Programmes: a named set of activities, with parts that are required and parts to choose from, at one's own pace."""
