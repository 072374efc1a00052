-- Generic cell rate algorithm (ITU-T I.371; https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm) by Redis's clock.
-- KEYS[1] the user's cell; ARGV[1] microseconds between two cells at the sustained rate; ARGV[2] burst in cells.
-- Returns 0 if allowed, else the microseconds to wait.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local interval = tonumber(ARGV[1])
local tolerance = interval * (tonumber(ARGV[2]) - 1)
local due = tonumber(redis.call('GET', KEYS[1]) or now)
if due < now then
  due = now
end
if due - now > tolerance then
  return due - now - tolerance
end
due = due + interval
-- %.0f: a number of this size would otherwise be written in scientific notation and lose digits.
redis.call('SET', KEYS[1], string.format('%.0f', due), 'PX', math.ceil((due - now) / 1000) + 1)
return 0
