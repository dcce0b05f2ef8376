-- What a script sees, what a surface file is given, and the step that Python takes.

local R = ...
local raw = R.raw
local error, type, rawset, rawget, setmetatable = raw.error, raw.type, raw.rawset, raw.rawget, raw.setmetatable
local getmetatable, next = raw.getmetatable, raw.next
local KILL = R.KILL

local function set_metatable(t, meta)
    if type(t) ~= "table" then
        error("bad argument #1 to 'setmetatable' (table expected, got " .. type(t) .. ")", 2)
    elseif type(meta) == "table" then
        for _, name in raw.ipairs({ "__gc", "__mode" }) do
            if rawget(meta, name) ~= nil then
                error(name .. " is not available in a procedure", 2)
            end
        end
    end
    return setmetatable(t, meta)
end

local function get_metatable(value)
    local meta = getmetatable(value)
    if meta == nil then
        return nil
    end
    local shown = rawget(meta, "__metatable")
    if shown ~= nil then
        return shown
    end
    return meta
end

-- A fresh set of the words that every procedure has before the surface adds its own.
local function words()
    local made = {
        _VERSION = _VERSION, assert = raw.assert, error = error, ipairs = raw.ipairs, pairs = R.pairs,
        next = R.next, pcall = R.pcall, xpcall = R.xpcall, rawequal = raw.rawequal, rawget = rawget,
        rawlen = raw.rawlen, rawset = rawset, select = raw.select, setmetatable = set_metatable,
        getmetatable = get_metatable, tonumber = R.tonumber, tostring = R.tostring, type = type,
        null = R.null, coroutine = {}, math = {}, string = {}, table = {}, utf8 = {},
    }
    for name, library in next, { coroutine = R.coroutine, math = raw.math, table = R.table, utf8 = R.utf8 } do
        for key, value in next, library do
            made[name][key] = value
        end
    end
    for key, value in next, R.string do
        made.string[key] = value
    end
    made.math.randomseed = nil
    return made
end

local surface_words, script_words = words(), words()
script_words._G = script_words
script_words.string = R.string -- the one that methods of text come from

local listeners = {}
local guarded = {} -- words that a listener hears of when the script assigns to them
setmetatable(script_words, {
    __metatable = false,
    __index = guarded,
    __newindex = function(t, name, value)
        rawset(t, name, value)
        for _, listener in raw.ipairs(listeners) do
            listener(name, value)
        end
    end,
})

local function answered(ok, value, ref)
    if ok then
        return value
    elseif R.raw.rawequal(value, KILL) then
        error(KILL, 0)
    end
    error(R.problem(value, ref), 0)
end

local function ask(kind, op, value)
    local shape, flat = R.encode(value)
    return (answered(R.ask(kind, op, R.line(), shape, flat)))
end

R.bound = {} -- functions that Python calls -> the one argument they get
R.standing = raw.setmetatable({}, { __mode = "k" }) -- functions of the surface -> that of the script they call
R.host = {
    null = R.null,
    array = R.array,
    fail = R.fail,
    tell = function(kind, value)
        return (ask("tell", kind, value)) -- no tail calls: they would hide the caller's line
    end,
    request = function(op, value)
        return (ask("request", op, value))
    end,
    export = function(name, value)
        if rawget(script_words, name) ~= nil or guarded[name] ~= nil then
            R.fail(name .. " is a word of the language already")
        end
        rawset(script_words, name, value)
    end,
    guard = function(name, value)
        guarded[name] = value
    end,
    on_global = function(listener)
        listeners[#listeners + 1] = listener
    end,
    bind = function(f, value)
        R.bound[f] = value
    end,
    stands_for = function(f, own)
        R.standing[f] = own
    end,
    is_function = function(value)
        return type(value) == "function"
    end,
}

R.surface_words, R.script_words, R.guarded = surface_words, script_words, guarded
