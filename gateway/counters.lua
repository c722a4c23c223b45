-- Decides and counts the charges of many requests at once; of each request's charges all are made, or none is.
--
-- KEYS     request after request: the accounts of its charges, and the sets of its leases
-- ARGV[1]  one MessagePack array. Per request: its number, how many keys, how many items; then each item, `key` being
--          the place of its key among the request's own and `field` its count in that account:
--            1 pace        key, enforced, cost, field, interval, burst   GCRA; intervals and times in µs
--            2 quota       key, enforced, cost, field, most, four bounds   three windows that follow each other
--            3 at once     key, enforced, most, length of a lease        a lease under the request's number
--            4 renew       key, length of a lease                        the last four are no charges: no answer
--            5 release     key
--            6 pace back   key, cost, field, interval, burst, when it was charged
--            7 quota back  key, cost, field, four bounds, when it was charged
-- ARGV[2]  whose numbers these are: the name of a gateway
-- returns  a MessagePack array: the time; then per request with charges: admitted (1 or 0), and per charge: fits (1 or
--          0), units that remain, µs until the limit is whole again, or until this cost fits
--
-- An account is a hash, so that all counts of a sender are read in one step and written in one. A pace is one number in
-- it, its theoretical arrival time: now plus the time until it is whole again. A quota is two, `<` the start of the
-- window last counted in, and what was used there; it never goes back to an earlier window. `.` is when the account
-- ends (ms), a minute later than it need, so that it is not said anew each time. Leases are a sorted set by when they
-- end. Numbers are whole and below 2^53, so Lua's doubles hold them exactly. The clock is the server's, so gateways with
-- different clocks agree; if it is set back, a pace is taken to be used up at most, which is never looser than the time
-- that truly passed.
local ceil, floor, max = math.ceil, math.floor, math.max
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local ask = cmsgpack.unpack(ARGV[1])
local answers, said = {now}, 1
local accounts, places = {}, {} -- by key, as this call has left them so far
local changed, changes, ends = {}, {}, {}
local start_of = setmetatable({}, {__index = function(names, field)
  names[field] = '<' .. field
  return names[field]
end})

local function account_at(key)
  local account = accounts[key]
  if not account then
    account = {}
    local found = redis.call('HGETALL', key)
    for i = 1, #found, 2 do account[found[i]] = tonumber(found[i + 1]) end
    accounts[key] = account
  end
  return account
end

local function change(key, field, value, ends_at)
  accounts[key][field] = value
  local fields = changes[key]
  if not fields then
    fields = {}
    changes[key], ends[key] = fields, 0
    changed[#changed + 1] = key
  end
  fields[field] = true
  if ends_at > ends[key] then ends[key] = ends_at end
end

local function write_all()
  for i = 1, #changed do
    local key = changed[i]
    local account, words, ends_at = accounts[key], {}, ceil(ends[key] / 1000)
    for field in pairs(changes[key]) do
      words[#words + 1] = field
      words[#words + 1] = account[field]
    end
    if ends_at > (account['.'] or 0) then
      ends_at = ends_at + 60000
      words[#words + 1] = '.'
      words[#words + 1] = ends_at
      redis.call('HSET', key, unpack(words))
      redis.call('PEXPIRE', key, max(1, ends_at - floor(now / 1000)))
    else
      redis.call('HSET', key, unpack(words))
    end
  end
end

local function arrival_of(key, field, whole)
  local arrival = account_at(key)[field]
  if not arrival or arrival < now then return now end
  if arrival > now + whole then
    -- Kept, whatever becomes of this charge: else nothing would grow back until the clock is where it was.
    arrival = now + whole
    change(key, field, arrival, arrival)
  end
  return arrival
end

local function window_at(moment, at)
  if moment >= ask[at + 2] then return ask[at + 2] end
  return moment < ask[at + 1] and ask[at] or ask[at + 1]
end

-- The start of the window that counts, and what is used of it.
local function quota_of(key, field, at)
  local account, start = account_at(key), window_at(now, at)
  local last = account[start_of[field]]
  if last and last >= start then return last, account[field] end
  return start, 0
end

local function end_of(start, at)
  return start < ask[at + 1] and ask[at + 1] or start < ask[at + 2] and ask[at + 2] or ask[at + 3]
end

local function use(key, field, start, used, at)
  if accounts[key][start_of[field]] ~= start then change(key, start_of[field], start, 0) end
  -- A day longer than its window: a clock set back must still find it.
  change(key, field, used, end_of(start, at) + 86400000000)
end

local function under_way(key, most)
  local count = places[key]
  if not count then
    count = redis.call('ZCARD', key)
    if count >= most and redis.call('ZREMRANGEBYSCORE', key, '-inf', now) > 0 then
      count = redis.call('ZCARD', key)
    end
    places[key] = count
  end
  return count
end

local function lease(key, length, name)
  redis.call('ZADD', key, now + length, name)
  redis.call('PEXPIRE', key, ceil(length / 1000) + 1000)
end

local fits, states, waits = {}, {}, {} -- of the request that is looked at

local function look(i, kind, key, at)
  if kind == 1 then
    local interval = ask[at + 5]
    local whole = interval * ask[at + 6]
    local arrival = arrival_of(key, ask[at + 4], whole)
    local room = whole - (arrival - now) - interval * ask[at + 3]
    fits[i], states[i], waits[i] = room >= 0, arrival, -room
  elseif kind == 2 then
    local start, used = quota_of(key, ask[at + 4], at + 6)
    fits[i], states[i], waits[i] = used + ask[at + 3] <= ask[at + 5], used, max(1, end_of(start, at + 6) - now)
  else
    fits[i], waits[i] = under_way(key, ask[at + 3]) < ask[at + 3], 1000000
  end
  return fits[i] or ask[at + 2] == 0
end

local function answer(i, kind, key, at, admitted, name)
  local fit, state, remain, wait = fits[i], states[i], 0, waits[i]
  local made = admitted and fit
  if kind == 1 then
    local interval = ask[at + 5]
    if made then
      state = state + interval * ask[at + 3]
      change(key, ask[at + 4], state, state)
    end
    remain = floor((interval * ask[at + 6] - (state - now)) / interval)
    if fit then wait = state - now end
  elseif kind == 2 then
    if made then
      local start, used = quota_of(key, ask[at + 4], at + 6)
      state = used + ask[at + 3]
      use(key, ask[at + 4], start, state, at + 6)
    end
    remain = ask[at + 5] - state
  else
    if made then
      lease(key, ask[at + 4], name)
      places[key] = places[key] + 1
    end
    remain = ask[at + 3] - places[key]
    if fit then wait = 0 end
  end
  answers[said + 1], answers[said + 2], answers[said + 3] = fit and 1 or 0, max(0, remain), wait
  said = said + 3
end

local function give_back(kind, key, at, name)
  if kind == 4 then
    lease(key, ask[at + 2], name)
  elseif kind == 5 then
    local gone = redis.call('ZREM', key, name)
    if places[key] then places[key] = places[key] - gone end
  elseif kind == 6 then
    -- What has grown back since then would have been lost on a limit that was whole: giving it back too would be more
    -- than was taken.
    local cost, field, interval, burst, charged = ask[at + 2], ask[at + 3], ask[at + 4], ask[at + 5], ask[at + 6]
    local back = interval * cost - (now - charged)
    if back > 0 and now >= charged then
      local arrival = max(now, arrival_of(key, field, interval * burst) - back)
      change(key, field, arrival, arrival)
    end
  else
    local field = ask[at + 3]
    local start, used = quota_of(key, field, at + 4)
    if start == window_at(ask[at + 8], at + 4) then use(key, field, start, max(0, used - ask[at + 2]), at + 4) end
  end
end

local lengths = {7, 10, 5, 3, 2, 7, 9}
local at, keys, size = 1, 0, #ask
while at < size do
  local number, key_count, count = ask[at], ask[at + 1], ask[at + 2]
  local name = number > 0 and ARGV[2] .. ':' .. number
  local first, admitted, charges = at + 3, true, false
  at = first
  for i = 1, count do
    local kind, key = ask[at], KEYS[keys + ask[at + 1]]
    if kind > 3 then
      give_back(kind, key, at, name)
    else
      charges = true
      if not look(i, kind, key, at) then admitted = false end
    end
    at = at + lengths[kind]
  end
  if charges then
    said = said + 1
    answers[said] = admitted and 1 or 0
    at = first
    for i = 1, count do
      local kind = ask[at]
      answer(i, kind, KEYS[keys + ask[at + 1]], at, admitted, name)
      at = at + lengths[kind]
    end
  end
  keys = keys + key_count
end
write_all()
return cmsgpack.pack(answers)
