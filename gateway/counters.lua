-- Decides and counts the charges of many requests at once; each request's charges are all made or none is (GCRA).
--
-- KEYS     one per charge, request after request
-- ARGV[1]  per request: how many charges; then per charge: interval in µs, burst, cost, enforced (1 or 0)
-- returns  per charge: fits (1 or 0), units that remain, µs until the limit is whole again, or until this cost fits
--
-- The state of a limit is one number, its theoretical arrival time: now plus the time until it is whole again. All
-- numbers are whole and below 2^53, so Lua's doubles hold them exactly. The clock is the server's, so gateways with
-- different clocks agree.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local numbers = string.gmatch(ARGV[1], '%d+')
local answers = {}
local made = 0

local function of_request(count)
  local charges = {}
  local admitted = true
  for i = 1, count do
    local key = KEYS[made + i]
    local interval, burst, cost = tonumber(numbers()), tonumber(numbers()), tonumber(numbers())
    local enforced = numbers() == '1'
    local arrival = tonumber(redis.call('GET', key) or now)
    if arrival < now then arrival = now end
    local after = arrival + interval * cost
    local room = interval * burst - (after - now)
    if room < 0 and enforced then admitted = false end
    charges[i] = {key, interval, burst, arrival, after, room}
  end
  for i = 1, count do
    local key, interval, burst, arrival, after, room = unpack(charges[i])
    local fits = room >= 0
    if admitted and fits then
      redis.call('SET', key, string.format('%.0f', after), 'PX', string.format('%.0f', (after - now) / 1000 + 1000))
      arrival = after
    end
    local remain = math.max(0, math.floor((interval * burst - (arrival - now)) / interval))
    local wait = fits and (arrival - now) or -room
    answers[#answers + 1] = string.format('%d %.0f %.0f', fits and 1 or 0, remain, wait)
  end
  made = made + count
end

for count in numbers do of_request(tonumber(count)) end
return table.concat(answers, ' ')
