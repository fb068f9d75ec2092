"""The Lua of the store. Each read checks the epoch and answers within the same atomic call.

KEYS[1] is the window's epoch, KEYS[2] the board; ARGV[1] is the epoch that the reader expects.
Where the epoch is another one the answer is nil. Numbers that scripts make stay below 2^53 and are
returned as integers or written with %.0f: `..` would round large ones.
"""

# Points, place and the rows around. One ZCOUNT gives the rank of the first row; all others follow.
CARD = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
local size = redis.call('ZCARD', KEYS[2])
local score = redis.call('ZSCORE', KEYS[2], ARGV[2])
if not score then return {size} end
local place = redis.call('ZREVRANK', KEYS[2], ARGV[2])
local radius = tonumber(ARGV[3])
local first = math.max(0, math.min(place - radius, size - 2 * radius - 1))
local rows = redis.call('ZREVRANGE', KEYS[2], string.format('%.0f', first),
                        string.format('%.0f', first + 2 * radius), 'WITHSCORES')
local above = 0
if first > 0 then above = redis.call('ZCOUNT', KEYS[2], '(' .. rows[2], '+inf') end
return {size, score, place, first, above, rows}
"""

# The rows from ARGV[2] to ARGV[3].
PAGE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
local size = redis.call('ZCARD', KEYS[2])
local rows = redis.call('ZREVRANGE', KEYS[2], ARGV[2], ARGV[3], 'WITHSCORES')
local above = 0
if ARGV[2] ~= '0' and rows[2] then
  above = redis.call('ZCOUNT', KEYS[2], '(' .. rows[2], '+inf')
end
return {size, above, rows}
"""

# Score and number of better ones for each member; equal scores are counted once.
MANY = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
local found, above = {}, {}
for from = 2, #ARGV, 1000 do
  local scores = redis.call('ZMSCORE', KEYS[2], unpack(ARGV, from, math.min(from + 999, #ARGV)))
  for _, score in ipairs(scores) do
    if score and not above[score] then
      above[score] = redis.call('ZCOUNT', KEYS[2], '(' .. score, '+inf')
    end
    found[#found + 1] = score
    found[#found + 1] = score and above[score]
  end
end
return found
"""

# Bare rows, for checks: no epoch.
ROWS = "return redis.call('ZREVRANGE', KEYS[1], ARGV[1], ARGV[2], 'WITHSCORES')"

# 1 where the window is whole and the server is still the one that was filled: a Redis that came
# back from an old copy holds an epoch, too. KEYS: epoch, server.
WHOLE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local server = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
return redis.call('GET', KEYS[2]) == server and 1 or 0
"""

# Ends a load, unless somebody flushed or began another one since. KEYS: epoch, server, loading.
FINISH = """
if redis.call('GET', KEYS[3]) ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], string.match(redis.call('INFO', 'server'), 'run_id:(%w+)'))
redis.call('DEL', KEYS[3])
return 1
"""
