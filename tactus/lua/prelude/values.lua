-- Plain data across the border: a shape, and the strings, numbers and booleans in its order.
--
--   v a value   n null   f a function's number   [ nodes ] a list   { value node … } a table

local R = ...
local type, next, rawlen, rawget = R.raw.type, R.raw.next, R.raw.rawlen, R.raw.rawget
local error, rawequal, setmetatable = R.raw.error, R.raw.rawequal, R.raw.setmetatable
local utf8len, mathtype, concat = R.raw.utf8.len, R.raw.math.type, R.raw.table.concat
local byte, sub = R.raw.string.byte, R.raw.string.sub

local MOST_DEPTH, MOST_NODES = 60, 200000

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

local functions, numbers = {}, {}
local function number_of(f)
    if not numbers[f] then
        functions[#functions + 1] = f
        numbers[f] = #functions
    end
    return numbers[f]
end

function R.function_of(number)
    return functions[number]
end

local function refuse(path, message)
    local names = {}
    for position = 1, #path do
        local key = path[position]
        names[position] = type(key) == "string" and "." .. key or "[" .. key .. "]"
    end
    local place = concat(names)
    error({ refused = (place == "" and "the value" or sub(place, 1, 1) == "." and sub(place, 2) or place) .. ": " .. message }, 0)
end

local encode

local function encode_text(value, state)
    if not utf8len(value) then
        refuse(state.path, "is not valid UTF-8; a cut such as s:sub(1, 100) may have split a character, utf8.offset finds their borders")
    end
    return value
end

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

local function encode_table(t, state)
    local shape, flat, path = state.shape, state.flat, state.path
    if state.open[t] then
        refuse(path, "contains itself")
    elseif #path >= MOST_DEPTH then
        refuse(path, "is nested deeper than " .. MOST_DEPTH .. " levels")
    end
    state.open[t] = true
    local depth = #path + 1
    if is_list(t) then
        shape[#shape + 1] = "["
        for position = 1, rawlen(t) do
            path[depth] = position
            encode(rawget(t, position), state)
        end
        shape[#shape + 1] = "]"
    else
        shape[#shape + 1] = "{"
        local keys, count = R.keys(t)
        for position = 1, count do
            local key = keys[position]
            if type(key) == "string" then
                encode_text(key, state)
                path[depth] = key
            elseif mathtype(key) == "integer" then
                path[depth] = key
            else
                refuse(path, "has a key that is a " .. (mathtype(key) or type(key)) .. "; keys are strings or integers")
            end
            flat[#flat + 1] = key
            encode(rawget(t, key), state)
        end
        shape[#shape + 1] = "}"
    end
    path[depth] = nil
    state.open[t] = nil
end

function encode(value, state)
    local shape, flat, kind = state.shape, state.flat, type(value)
    if #shape > MOST_NODES then
        refuse(state.path, "is larger than " .. MOST_NODES .. " values")
    elseif kind == "nil" or rawequal(value, null) then
        shape[#shape + 1] = "n"
    elseif kind == "table" then
        encode_table(value, state)
    elseif kind == "function" then
        shape[#shape + 1] = "f"
        flat[#flat + 1] = number_of(value)
    elseif kind == "string" then
        shape[#shape + 1] = "v"
        flat[#flat + 1] = encode_text(value, state)
    elseif kind == "number" or kind == "boolean" then
        shape[#shape + 1] = "v"
        flat[#flat + 1] = value
    else
        refuse(state.path, "is a " .. kind .. ", which cannot leave the procedure")
    end
end

-- The shape and the flat values of `value`; what cannot leave is an error at the procedure's line.
function R.encode(value)
    local state = { shape = {}, flat = {}, path = {}, open = {} }
    local ok, problem = R.raw.pcall(encode, value, state)
    if not ok then
        if type(problem) == "table" and problem.refused then
            R.fail(problem.refused, nil, "procedure")
        end
        R.raw.error(problem, 0)
    end
    return concat(state.shape), state.flat
end

-- The value of a shape and its flat values.
function R.decode(shape, ...)
    local flat, at, place = { ... }, 0, 0
    local function value()
        at = at + 1
        return flat[at]
    end
    local function node()
        place = place + 1
        local mark = sub(shape, place, place)
        if mark == "v" then
            return value()
        elseif mark == "n" then
            return nil
        elseif mark == "f" then
            return functions[value()]
        end
        local made = {}
        if mark == "[" then
            local count = 0
            while byte(shape, place + 1) ~= 93 do
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
            while byte(shape, place + 1) ~= 125 do
                local key = value()
                made[key] = node()
            end
        end
        place = place + 1
        return made
    end
    return node()
end

