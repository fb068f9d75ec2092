"""The Lua of the store. Each read checks the epoch and answers within the same atomic call.

KEYS[1] is the window's epoch, KEYS[2] the board; ARGV[1] is the epoch that the reader expects.
Where the epoch is another one the answer is nil, else one JSON array of numbers: clients take
longer to read fifty small answers than that. Scores stay the texts that Redis gives; numbers that
scripts make are written with %.0f, since `..` would round large ones.
"""

from hashlib import sha1


class Script:
    """A script and the name that the server knows it by."""

    def __init__(self, text: str) -> None:
        self.text = text.encode()
        self.sha = sha1(self.text, usedforsecurity=False).hexdigest().encode()


# Points, place and the rows around. One ZCOUNT gives the rank of the first row; all others follow.
CARD = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
local size = redis.call('ZCARD', KEYS[2])
local score = redis.call('ZSCORE', KEYS[2], ARGV[2])
if not score then return string.format('[%.0f]', size) end
local place = redis.call('ZREVRANK', KEYS[2], ARGV[2])
local radius = tonumber(ARGV[3])
local first = math.max(0, math.min(place - radius, size - 2 * radius - 1))
local rows = redis.call('ZREVRANGE', KEYS[2], string.format('%.0f', first),
                        string.format('%.0f', first + 2 * radius), 'WITHSCORES')
local above = 0
if first > 0 then above = redis.call('ZCOUNT', KEYS[2], '(' .. rows[2], '+inf') end
return string.format('[%.0f,%s,%.0f,%.0f,%.0f,[%s]]', size, score, place, first, above, table.concat(rows, ','))
""")

# The rows from ARGV[2] to ARGV[3].
PAGE = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
local size = redis.call('ZCARD', KEYS[2])
local rows = redis.call('ZREVRANGE', KEYS[2], ARGV[2], ARGV[3], 'WITHSCORES')
local above = 0
if ARGV[2] ~= '0' and rows[2] then
  above = redis.call('ZCOUNT', KEYS[2], '(' .. rows[2], '+inf')
end
return string.format('[%.0f,%.0f,[%s]]', size, above, table.concat(rows, ','))
""")

# Score and number of better ones for each member, 0 0 for others; equal scores are counted once.
MANY = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
local found, above = {}, {[false] = '0,0'}
for from = 2, #ARGV, 1000 do
  local scores = redis.call('ZMSCORE', KEYS[2], unpack(ARGV, from, math.min(from + 999, #ARGV)))
  for _, score in ipairs(scores) do
    if not above[score] then
      local better = redis.call('ZCOUNT', KEYS[2], '(' .. score, '+inf')
      above[score] = string.format('%s,%.0f', score, better)
    end
    found[#found + 1] = above[score]
  end
end
return '[' .. table.concat(found, ',') .. ']'
""")

# Bare rows, for checks: no epoch.
ROWS = Script("""
local rows = redis.call('ZREVRANGE', KEYS[1], ARGV[1], ARGV[2], 'WITHSCORES')
return '[' .. table.concat(rows, ',') .. ']'
""")

# 1 where the window is whole and the server is still the one that was filled: a Redis that came
# back from an old copy holds an epoch, too. KEYS: epoch, server.
WHOLE = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local server = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
return redis.call('GET', KEYS[2]) == server and 1 or 0
""")

# Ends a load, unless somebody flushed or began another one since. KEYS: epoch, server, loading.
FINISH = Script("""
if redis.call('GET', KEYS[3]) ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], string.match(redis.call('INFO', 'server'), 'run_id:(%w+)'))
redis.call('DEL', KEYS[3])
return 1
""")
