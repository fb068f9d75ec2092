# Thin lines around run.py, which also works without make: python3 run.py help
PYTHON ?= python3

help demo demo-clean test check bench screenshots lighthouse setup lock:
	@$(PYTHON) run.py $@ $(ARGS)

.DEFAULT_GOAL := help
.PHONY: help demo demo-clean test check bench screenshots lighthouse setup lock
