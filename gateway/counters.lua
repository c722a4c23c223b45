-- Decides and counts the charges of many requests at once; of each request's charges all are made, or none is.
--
-- KEYS     one per item, request after request; no two of a request are the same
-- ARGV[1]  whole numbers, packed as one MessagePack array. Per request: its number, how many items; then each item:
--            1 pace      enforced, cost, interval, burst         GCRA; intervals and times in µs
--            2 quota     enforced, cost, most, four bounds       three windows of a calendar that follow each other
--            3 at once   enforced, most, length of a lease       a lease under the request's number
--            4 renew     length of a lease                       the last four are no charges and have no answer
--            5 release
--            6 pace back   cost, interval, burst, when it was charged
--            7 quota back  cost, four bounds, when it was charged
-- ARGV[2]  whose numbers these are: the name of a gateway
-- returns  a MessagePack array: the time; then per charge: fits (1 or 0), units that remain, µs until the limit is
--          whole again, or until this cost fits
--
-- The state of a pace is one number, its theoretical arrival time: now plus the time until it is whole again. That of a
-- quota is the start of the window last counted in, and how much was used there; it never goes back to an earlier
-- window. Leases are a sorted set by when they end. Numbers are whole and below 2^53, so Lua's doubles hold them
-- exactly. The clock is the server's, so gateways with different clocks agree; if it is set back, a pace is taken to be
-- used up at most, which is never looser than the time that truly passed.
local ceil, floor, max = math.ceil, math.floor, math.max
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local ask = cmsgpack.unpack(ARGV[1])
local answers, said = {now}, 1
local held = {} -- by key, the state as this call has left it so far
local written, changed = {}, {}

local function read_all()
  local keys = {}
  for i = 1, #KEYS do
    local key = KEYS[i]
    if held[key] == nil then
      held[key] = false
      keys[#keys + 1] = key
    end
  end
  for first = 1, #keys, 1000 do
    local found = redis.call('MGET', unpack(keys, first, math.min(first + 999, #keys)))
    for i = 1, #found do held[keys[first + i - 1]] = found[i] end
  end
end

local function change(key, state)
  held[key] = state
  if not written[key] then
    written[key] = true
    changed[#changed + 1] = key
  end
end

local function write_all()
  for _, key in ipairs(changed) do
    local state = held[key]
    if type(state) == 'number' then
      redis.call('SET', key, state, 'PX', ceil((state - now) / 1000) + 1000)
    else
      -- A day longer than its window: a clock set back must still find it.
      local left = ceil(max(0, state.stop - now) / 1000) + 86400000
      redis.call('SET', key, string.format('%.0f %.0f', state.start, state.used), 'PX', left)
    end
  end
end

local function arrival_of(key, whole)
  local arrival = tonumber(held[key] or now)
  if arrival < now then return now end
  if arrival > now + whole then
    -- Kept, whatever becomes of this charge: else nothing would grow back until the clock is where it was.
    arrival = now + whole
    change(key, arrival)
  end
  return arrival
end

local function window_at(moment, at)
  local bound = ask[at + 1]
  if moment >= ask[at + 2] then bound = ask[at + 2] elseif moment < bound then bound = ask[at] end
  return bound
end

local function quota_of(key, at)
  local state, start = held[key], window_at(now, at)
  if type(state) == 'string' then
    local from, used = string.match(state, '^(%d+) (%d+)$')
    state = {start = tonumber(from), used = tonumber(used)}
  end
  if not state or state.start < start then state = {start = start, used = 0} end
  local first, second, last = ask[at + 1], ask[at + 2], ask[at + 3]
  state.stop = state.start < first and first or state.start < second and second or last
  held[key] = state
  return state
end

local function under_way(key, most)
  local count = held[key]
  if not count then
    count = redis.call('ZCARD', key)
    if count >= most and redis.call('ZREMRANGEBYSCORE', key, '-inf', now) > 0 then
      count = redis.call('ZCARD', key)
    end
    held[key] = count
  end
  return count
end

-- Whether an item fits, what would remain and how long to wait, before anything is counted.
local function look(kind, key, at)
  local cost = ask[at + 2]
  if kind == 1 then
    local interval = ask[at + 3]
    local whole = interval * ask[at + 4]
    local arrival = arrival_of(key, whole)
    local room = whole - (arrival - now) - interval * cost
    return room >= 0, arrival, -room
  elseif kind == 2 then
    local state = quota_of(key, at + 4)
    return state.used + cost <= ask[at + 3], state, max(1, state.stop - now)
  end
  return under_way(key, cost) < cost, false, 1000000
end

local function answer(kind, at, fits, made, state, wait, key, lease)
  local remain
  if kind == 1 then
    local interval, burst = ask[at + 3], ask[at + 4]
    if made then
      state = state + interval * ask[at + 2]
      change(key, state)
    end
    remain = max(0, floor((interval * burst - (state - now)) / interval))
    if fits then wait = state - now end
  elseif kind == 2 then
    if made then
      state.used = state.used + ask[at + 2]
      change(key, state)
    end
    remain = max(0, ask[at + 3] - state.used)
  else
    if made then
      redis.call('ZADD', key, now + ask[at + 3], lease)
      redis.call('PEXPIRE', key, ceil(ask[at + 3] / 1000) + 1000)
      held[key] = held[key] + 1
    end
    remain = max(0, ask[at + 2] - held[key])
    if fits then wait = 0 end
  end
  answers[said + 1], answers[said + 2], answers[said + 3] = fits and 1 or 0, remain, wait
  said = said + 3
end

local function give_back(kind, key, at, lease)
  if kind == 4 then
    redis.call('ZADD', key, now + ask[at + 1], lease)
    redis.call('PEXPIRE', key, ceil(ask[at + 1] / 1000) + 1000)
  elseif kind == 5 then
    local gone = redis.call('ZREM', key, lease)
    if held[key] then held[key] = held[key] - gone end
  elseif kind == 6 then
    -- What has grown back since then would have been lost on a limit that was whole: giving it back too would be more
    -- than was taken.
    local cost, interval, burst, charged = ask[at + 1], ask[at + 2], ask[at + 3], ask[at + 4]
    local back = interval * cost - (now - charged)
    if back > 0 and now >= charged then
      change(key, max(now, arrival_of(key, interval * burst) - back))
    end
  else
    local start, state = window_at(ask[at + 6], at + 2), quota_of(key, at + 2)
    if state.start == start then
      state.used = max(0, state.used - ask[at + 1])
      change(key, state)
    end
  end
end

local lengths = {5, 8, 4, 2, 1, 5, 7}
local at, key, size = 1, 0, #ask
read_all()
while at < size do
  local lease, count = ARGV[2] .. ':' .. ask[at], ask[at + 1]
  local first, admitted, looks = at + 2, true, {}
  at = first
  for i = 1, count do
    local kind = ask[at]
    if kind > 3 then
      give_back(kind, KEYS[key + i], at, lease)
    else
      local fits, state, wait = look(kind, KEYS[key + i], at)
      if not fits and ask[at + 1] == 1 then admitted = false end
      looks[i] = {fits, state, wait}
    end
    at = at + lengths[kind]
  end
  at = first
  for i = 1, count do
    local kind, seen = ask[at], looks[i]
    if seen then
      answer(kind, at, seen[1], admitted and seen[1], seen[2], seen[3], KEYS[key + i], lease)
    end
    at = at + lengths[kind]
  end
  key = key + count
end
write_all()
return cmsgpack.pack(answers)
