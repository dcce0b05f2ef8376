-- Plain data across the border: a shape, and the strings, numbers and booleans in its order.
--
--   v a value   n null   f a function's number   [ nodes ] a list   { value node … } a table

local R = ...
local type, next, rawlen, rawget = R.raw.type, R.raw.next, R.raw.rawlen, R.raw.rawget
local error, rawequal, setmetatable = R.raw.error, R.raw.rawequal, R.raw.setmetatable
local utf8len, mathtype, concat = R.raw.utf8.len, R.raw.math.type, R.raw.table.concat
local byte, sub = R.raw.string.byte, R.raw.string.sub

local MOST_DEPTH = 60
local MOST_NODES = 200000 -- values, or keys and values: they are arguments of a call, which Lua bounds

local null = setmetatable({}, {
    __name = "null",
    __metatable = false,
    __tostring = function()
        return "null"
    end,
    __newindex = function()
        error("null cannot be changed", 2)
    end,
})
R.null = null

local lists = setmetatable({}, { __mode = "k" }) -- empty tables that are lists
function R.array(t)
    lists[t] = true
    return t
end

-- Weak: whoever gives a function away holds it for as long as it may be called.
local functions, numbers = setmetatable({}, { __mode = "v" }), setmetatable({}, { __mode = "k" })
local given = 0
local function number_of(f)
    if not numbers[f] then
        given = given + 1
        functions[given] = f
        numbers[f] = given
    end
    return numbers[f]
end

function R.function_of(number)
    return functions[number]
end

local function refuse(path, depth, message)
    local names = {}
    for position = 1, depth do
        local key = path[position]
        names[position] = type(key) == "string" and "." .. key or "[" .. key .. "]"
    end
    local place = concat(names)
    error({ refused = (place == "" and "the value" or sub(place, 1, 1) == "." and sub(place, 2) or place) .. ": " .. message }, 0)
end

local NOT_UTF8 =
    "is not valid UTF-8; a cut such as s:sub(1, 100) may have split a character, utf8.offset finds their borders"

local function is_list(t)
    local length = rawlen(t)
    if length == 0 then
        return lists[t] and next(t) == nil
    end
    local count = 0
    for _ in next, t do
        count = count + 1
    end
    if count ~= length then
        return false
    end
    for position = 1, length do
        if rawget(t, position) == nil then
            return false
        end
    end
    return true
end

-- A function that appends the nodes of a value to `shape` and `flat`.
local function encoder(shape, flat)
    local nodes, values, depth = 0, 0, 0
    local path, open = {}, {} -- the keys that lead here, and the tables that they lead through
    local append

    local function append_list(t)
        nodes = nodes + 1
        shape[nodes] = "["
        depth = depth + 1
        for position = 1, rawlen(t) do
            path[depth] = position
            append(rawget(t, position))
        end
        depth = depth - 1
        nodes = nodes + 1
        shape[nodes] = "]"
    end

    local function append_table(t)
        nodes = nodes + 1
        shape[nodes] = "{"
        local keys, count = R.keys(t)
        for position = 1, count do
            local key = keys[position]
            if type(key) == "string" then
                if not utf8len(key) then
                    refuse(path, depth, NOT_UTF8)
                end
            elseif mathtype(key) ~= "integer" then
                local kind = type(key) == "number" and "float" or type(key)
                refuse(path, depth, "has a key that is a " .. kind .. "; keys are strings or integers")
            end
            values = values + 1
            flat[values] = key
            depth = depth + 1
            path[depth] = key
            append(rawget(t, key))
            depth = depth - 1
        end
        nodes = nodes + 1
        shape[nodes] = "}"
    end

    function append(value)
        local kind = type(value)
        if nodes > MOST_NODES or values > MOST_NODES then
            refuse(path, depth, "is larger than " .. MOST_NODES .. " values")
        elseif kind == "string" or kind == "number" or kind == "boolean" then
            if kind == "string" and not utf8len(value) then
                refuse(path, depth, NOT_UTF8)
            end
            nodes, values = nodes + 1, values + 1
            shape[nodes], flat[values] = "v", value
        elseif kind == "nil" or rawequal(value, null) then
            nodes = nodes + 1
            shape[nodes] = "n"
        elseif kind == "table" then
            if open[value] then
                refuse(path, depth, "contains itself")
            elseif depth >= MOST_DEPTH then
                refuse(path, depth, "is nested deeper than " .. MOST_DEPTH .. " levels")
            end
            open[value] = true
            if is_list(value) then
                append_list(value)
            else
                append_table(value)
            end
            open[value] = nil
        elseif kind == "function" then
            nodes, values = nodes + 1, values + 1
            shape[nodes], flat[values] = "f", number_of(value)
        else
            refuse(path, depth, "is a " .. kind .. ", which cannot leave the procedure")
        end
    end
    return append
end

-- The shape and the flat values of `value`; what cannot leave is an error at the procedure's line.
function R.encode(value)
    local shape, flat = {}, {}
    local ok, problem = R.raw.pcall(encoder(shape, flat), value)
    if not ok then
        if type(problem) == "table" and problem.refused then
            R.fail(problem.refused, nil, "procedure")
        end
        error(problem, 0)
    end
    return concat(shape), flat
end

local VALUE, NULL, FUNCTION, LIST, LIST_END, TABLE_END = byte("vnf[]}", 1, -1)

-- The value of a shape and its flat values.
function R.decode(shape, ...)
    local flat, at, place = { ... }, 0, 0
    local function node()
        place = place + 1
        local mark = byte(shape, place)
        if mark == VALUE then
            at = at + 1
            return flat[at]
        elseif mark == NULL then
            return nil
        elseif mark == FUNCTION then
            at = at + 1
            return functions[flat[at]]
        end
        local made = {}
        if mark == LIST then
            local count = 0
            while byte(shape, place + 1) ~= LIST_END do
                count = count + 1
                local item = node()
                if item == nil then
                    item = null
                end
                made[count] = item
            end
            if count == 0 then
                lists[made] = true
            end
        else
            while byte(shape, place + 1) ~= TABLE_END do
                at = at + 1
                local key = flat[at]
                made[key] = node()
            end
        end
        place = place + 1
        return made
    end
    return node()
end

