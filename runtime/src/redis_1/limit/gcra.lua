-- One call more in the bucket KEYS[1], if it fits: GCRA on the clock of this server.
-- ARGV: nanoseconds between two calls, and how far ahead the bucket may be filled.
-- Returns 0, or the nanoseconds after which a call fits.
local time = redis.call('TIME')
local second, nano = tonumber(time[1]), tonumber(time[2]) * 1000
local interval, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2])

-- Kept are the second and the nanosecond at which it is empty: together they need more than 53 bits.
local ahead, kept = 0, redis.pcall('GET', KEYS[1])
if type(kept) == 'string' then
  local s, n = string.match(kept, '^(%d+)%.(%d+)$')
  if s then ahead = math.max(0, (tonumber(s) - second) * 1e9 + tonumber(n) - nano) end
end

local function keep()
  local at = nano + ahead
  local whole = math.floor(at / 1e9)
  local text = string.format('%.0f.%.0f', second + whole, at - whole * 1e9)
  redis.call('SET', KEYS[1], text, 'PX', string.format('%.0f', math.ceil(ahead / 1e6) + 1))
end

-- No further than one call over the burst, unless the clock went back: it is taken at its word.
local most = interval + tolerance
if ahead > most then
  ahead = most
  keep()
end
local wait = ahead - tolerance
if wait > 0 then return math.min(wait, 9e15) end
ahead = ahead + interval
keep()
return 0
