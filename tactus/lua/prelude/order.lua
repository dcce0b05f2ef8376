-- The same order and the same names on every run: pairs, next, sort, tostring.

local R = ...
local type, next, rawget, rawlen, error = R.raw.type, R.raw.next, R.raw.rawget, R.raw.rawlen, R.raw.error
local setmetatable, getmetatable, select = R.raw.setmetatable, R.raw.getmetatable, R.raw.select
local sort, mathtype = R.raw.table.sort, R.raw.math.type
local raw_tostring = R.raw.tostring

local MOST_UNSEEN = 10000 -- keys that C may sort without a look at the clock
local RANK = { number = 1, string = 2, boolean = 3 }

local function before(a, b)
    local kind_a, kind_b = type(a), type(b)
    if kind_a ~= kind_b then
        return RANK[kind_a] < RANK[kind_b]
    elseif kind_a == "boolean" then
        return not a and b
    end
    return a < b
end

-- Every key of `t`: the sequence, then numbers, strings and booleans sorted, then the others in no
-- promised order. Sorting is in Lua's own C: keys of these kinds compare without metamethods.
function R.keys(t)
    local keys, count, others = {}, 0, nil
    local length = rawlen(t)
    for position = 1, length do
        if rawget(t, position) ~= nil then
            count = count + 1
            keys[count] = position
        end
    end
    local rest, extra, compare = nil, 0, nil
    for key in next, t do
        local kind = type(key)
        if not (mathtype(key) == "integer" and key >= 1 and key <= length) then
            if RANK[kind] then
                rest = rest or {}
                extra = extra + 1
                rest[extra] = key
                if kind ~= "string" then
                    compare = before
                end
            else
                others = others or {}
                others[#others + 1] = key
            end
        end
    end
    if rest then
        sort(rest, compare or extra > MOST_UNSEEN and before or nil)
        for position = 1, extra do
            keys[count + position] = rest[position]
        end
        count = count + extra
    end
    if others then
        for position = 1, #others do
            keys[count + position] = others[position]
        end
        count = count + #others
    end
    return keys, count
end

local keys_of = R.keys

function R.pairs(t)
    local meta = getmetatable(t)
    local custom = meta and rawget(meta, "__pairs")
    if custom then
        local iterate, state, first = custom(t)
        return iterate, state, first
    end
    if type(t) ~= "table" then
        error("bad argument #1 to 'pairs' (table expected, got " .. type(t) .. ")", 2)
    end
    local keys, count = keys_of(t)
    local position = 0
    return function()
        while position < count do
            position = position + 1
            local key = keys[position]
            local value = rawget(t, key)
            if value ~= nil then
                return key, value
            end
        end
    end,
        t,
        nil
end

local walks = setmetatable({}, { __mode = "k" }) -- table -> its keys and their positions, while next walks it

function R.next(t, key)
    if type(t) ~= "table" then
        error("bad argument #1 to 'next' (table expected, got " .. type(t) .. ")", 2)
    end
    if key == nil and rawget(t, 1) ~= nil then
        walks[t] = nil -- of an earlier walk that was left: it may lack keys
        return 1, rawget(t, 1)
    end
    local walk = walks[t]
    if key == nil or not walk or not walk.at[key] then
        local keys, count = keys_of(t)
        walk = { keys = keys, count = count, at = {} }
        for position = 1, count do
            walk.at[keys[position]] = position
        end
        walks[t] = walk
    end
    local position = 0
    if key ~= nil then
        position = walk.at[key]
        if not position then
            error("invalid key to 'next'", 2)
        end
    end
    while position < walk.count do
        position = position + 1
        local value = rawget(t, walk.keys[position])
        if value ~= nil then
            return walk.keys[position], value
        end
    end
    walks[t] = nil
    return nil
end

local function less(a, b)
    return a < b
end

-- A stable merge sort in Lua: a comparator may call an agent, and cannot hide from the hook.
function R.sort(t, compare)
    if type(t) ~= "table" then
        error("bad argument #1 to 'sort' (table expected, got " .. type(t) .. ")", 3)
    end
    if compare ~= nil and type(compare) ~= "function" then
        error("bad argument #2 to 'sort' (function expected, got " .. type(compare) .. ")", 3)
    end
    compare = compare or less
    local from, to, count, width = t, {}, #t, 1
    while width < count do
        for left = 1, count, 2 * width do
            local middle, right = left + width, left + 2 * width
            local limit = middle <= count and middle or count + 1
            local last = right <= count and right or count + 1
            local i, j = left, limit
            for k = left, last - 1 do
                if i < limit and (j >= last or not compare(from[j], from[i])) then
                    to[k], i = from[i], i + 1
                else
                    to[k], j = from[j], j + 1
                end
            end
        end
        from, to, width = to, from, 2 * width
    end
    if from ~= t then
        for position = 1, count do
            t[position] = from[position]
        end
    end
end

local names = setmetatable({}, { __mode = "k" })
local named = 0

-- As Lua's, with numbers counted per run in place of addresses.
function R.tostring(...)
    if select("#", ...) == 0 then
        error("bad argument #1 to 'tostring' (value expected)", 2)
    end
    local value = (...)
    local kind = type(value)
    if kind == "string" then
        return value
    elseif kind == "number" or kind == "boolean" or kind == "nil" then
        return raw_tostring(value)
    end
    local meta = getmetatable(value)
    if meta then
        local custom = rawget(meta, "__tostring")
        if custom then
            local text = custom(value)
            if type(text) == "number" then
                return raw_tostring(text)
            elseif type(text) ~= "string" then
                error("'__tostring' must return a string", 2)
            end
            return text
        end
        local name = rawget(meta, "__name")
        kind = type(name) == "string" and name or kind
    end
    if not names[value] then
        named = named + 1
        names[value] = named
    end
    return kind .. ": " .. names[value]
end
