-- Takes ARGV[3] requests of KEYS[1] from a limit of one in ARGV[1] microseconds and
-- ARGV[2] at once; 0 only looks. Answers whether they are let through, how many more may
-- come at once, and the microseconds until there is one more.
--
-- A value is the moment at which the burst is whole again, in microseconds of this
-- server's clock: whole numbers below 2^53, which Lua's numbers hold exactly.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, burst, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local window = interval * burst

local function keep(at)
  -- '%.0f', for tostring() would round to 14 digits.
  redis.call('SET', KEYS[1], string.format('%.0f', at), 'PX', math.ceil((at - now) / 1000))
end

local at = tonumber(redis.call('GET', KEYS[1]) or now)
if at < now then
  at = now
elseif at > now + window then -- the clock went back: used up, and no more than that
  at = now + window
  keep(at)
end
local free = now + window - at
local need = math.max(cost, 1) * interval
if need > free then
  return {0, math.floor(free / interval), need - free}
end
if cost > 0 then
  free = free - cost * interval
  keep(at + cost * interval)
end
local wait = 0
if free < window then
  wait = interval - free % interval
end
return {1, math.floor(free / interval), wait}
