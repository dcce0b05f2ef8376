-- The string library: each function bounded, or replaced where C would run unseen by the hook.

local R = ...
local raw = R.raw.string
local error, type, select, tonumber, charge = R.raw.error, R.raw.type, R.raw.select, R.raw.tonumber, R.charge
local pack, unpack, concat = R.raw.table.pack, R.raw.table.unpack, R.raw.table.concat
local sub, byte, rawfind, format, gsub, tointeger = raw.sub, raw.byte, raw.find, raw.format, raw.gsub, R.raw.math.tointeger

local MOST_STEPS = 1e7 -- of C's matcher, estimated; beyond, ours does it where the hook runs
local MOST_COMPARISONS = 1e9 -- of a plain search
local MOST_REPEATED = 1 << 30 -- bytes; the memory limit is lower, but counts only what is made

local BYTES = 16 -- that C handles in the time of an instruction
local MANY = 16000 -- bytes whose handling is counted

local library = {}
for _, name in R.raw.ipairs({ "byte", "char", "len", "sub" }) do
    library[name] = raw[name]
end

-- `f`, counted where its first argument is a long text.
local function counted(f)
    return function(s, ...)
        if type(s) == "string" and #s > MANY then
            charge(#s // BYTES)
        end
        return f(s, ...)
    end
end
for _, name in R.raw.ipairs({ "lower", "reverse", "upper" }) do
    library[name] = counted(raw[name])
end
R.tonumber = counted(tonumber)
R.utf8 = {}
for name, value in R.raw.next, R.raw.utf8 do
    R.utf8[name] = (name == "len" or name == "offset") and counted(value) or value
end

local function text_of(value, position, name)
    if type(value) == "string" then
        return value
    elseif type(value) == "number" then
        return R.tostring(value)
    end
    error("bad argument #" .. position .. " to '" .. name .. "' (string expected, got " .. type(value) .. ")", 3)
end

-- An argument that is an integer, or text or a float that is one.
function R.integer(value, position, name)
    local number = (type(value) == "number" or type(value) == "string") and tonumber(value)
    local problem = not number and "number expected, got " .. type(value)
        or not tointeger(number) and "number has no integer representation"
    if problem then
        error("bad argument #" .. position .. " to '" .. name .. "' (" .. problem .. ")", 3)
    end
    return tointeger(number)
end

local integer = R.integer

local function start_of(init, length)
    if init < 0 then
        init = length + init + 1
    end
    return init < 1 and 1 or init
end

-- The length of the longest set in `p`: each byte may be compared with all of it.
local function longest_set(p)
    local longest, at = 1, rawfind(p, "[", 1, true)
    while at do
        local last = rawfind(p, "]", at + 2, true) or #p
        longest = last - at > longest and last - at or longest
        at = rawfind(p, "[", last + 1, true)
    end
    return longest
end

-- Whether C may match `p` against `length` bytes: every quantifier may try every position.
local function is_cheap(p, length)
    if #p > 1000 and (length + 1) * #p > MOST_STEPS then
        return false
    end
    local steps = (byte(p, 1) == 94 and 1 or length + 1) * longest_set(p)
    if not rawfind(p, "[%*%+%-%?%%]") then
        return steps * #p < MOST_STEPS
    end
    local at = 1
    while at <= #p do
        local c = byte(p, at)
        if c == 37 then -- %b, %f and back references look at many bytes at once
            local kind = byte(p, at + 1)
            if kind == 98 or (kind and kind >= 48 and kind <= 57) then
                steps = steps * (length + 1)
            end
            at = at + 1
        elseif c == 42 or c == 43 or c == 45 then
            steps = steps * (length + 1)
        elseif c == 63 then
            steps = steps * 2
        end
        if steps > MOST_STEPS then
            return false
        end
        at = at + 1
    end
    return true
end

local function search(s, p, init)
    if is_cheap(p, #s - init + 1) then
        if #s > MANY then
            charge((#s - init + 1) // BYTES)
        end
        return rawfind(s, p, init)
    end
    return R.find_slowly(s, p, init)
end

function library.find(s, p, init, plain)
    s, p = text_of(s, 1, "find"), text_of(p, 2, "find")
    init = start_of(init == nil and 1 or integer(init, 3, "find"), #s)
    if init > #s + 1 then
        return nil
    elseif plain or not rawfind(p, "[%^%$%*%+%?%.%(%[%%%-]") then
        if (#s - init + 1) * #p > MOST_COMPARISONS then
            error("a plain search of " .. #p .. " bytes in " .. #s .. " is too large", 2)
        end
        if #s > MANY then
            charge((#s - init + 1) // BYTES)
        end
        return rawfind(s, p, init, true)
    end
    return search(s, p, init)
end

local function whole(s, first, last, ...)
    if not first then
        return nil
    elseif select("#", ...) == 0 then
        return sub(s, first, last)
    end
    return ...
end

function library.match(s, p, init)
    s, p = text_of(s, 1, "match"), text_of(p, 2, "match")
    init = start_of(init == nil and 1 or integer(init, 3, "match"), #s)
    if init > #s + 1 then
        return nil
    end
    return whole(s, search(s, p, init))
end

-- Walk over the matches of `p`: each call gives start, end and captures, as string.find.
local function walk(s, p, init)
    local last = nil -- where the last match ended: an empty match there does not count again
    return function()
        while init <= #s + 1 do
            local found = pack(search(s, p, init))
            if not found[1] then
                init = #s + 2
                return nil
            end
            local behind = found[2] + 1
            if behind ~= last then
                last, init = behind, behind
                return found
            end
            init = init + 1
        end
    end
end

function library.gmatch(s, p, init)
    s, p = text_of(s, 1, "gmatch"), text_of(p, 2, "gmatch")
    if byte(p, 1) == 94 then
        p = "%" .. p -- no anchor here, as in Lua
    end
    local following = walk(s, p, start_of(init == nil and 1 or integer(init, 3, "gmatch"), #s))
    return function()
        local found = following()
        if found then
            return whole(s, unpack(found, 1, found.n))
        end
    end
end

local function replacement(found, s, with)
    local kind = type(with)
    local value
    if kind == "table" then
        value = with[(whole(s, unpack(found, 1, found.n)))]
    elseif kind == "function" then
        value = with(whole(s, unpack(found, 1, found.n)))
    else
        return (
            gsub(with, "%%(.?)", function(mark)
                if mark == "%" then
                    return "%%"
                elseif mark == "0" or (mark == "1" and found.n == 2) then
                    return sub(s, found[1], found[2])
                elseif rawfind(mark, "^%d$") then
                    local capture = found[tonumber(mark) + 2]
                    return capture or error("invalid capture index %" .. mark .. " in replacement string", 0)
                end
                error("invalid use of '%' in replacement string", 0)
            end)
        )
    end
    if not value then
        return sub(s, found[1], found[2])
    elseif type(value) ~= "string" and type(value) ~= "number" then
        error("invalid replacement value (a " .. type(value) .. ")", 3)
    end
    return value
end

function library.gsub(s, p, with, most)
    s, p = text_of(s, 1, "gsub"), text_of(p, 2, "gsub")
    local kind = type(with)
    if kind ~= "string" and kind ~= "number" and kind ~= "table" and kind ~= "function" then
        error("bad argument #3 to 'gsub' (string/function/table expected, got " .. kind .. ")", 2)
    end
    if most ~= nil then
        most = integer(most, 4, "gsub")
    end
    if (kind == "string" or kind == "number") and is_cheap(p, #s) then
        if #s > MANY then
            charge(#s // BYTES)
        end
        return gsub(s, p, with, most)
    elseif kind == "number" then
        with = R.tostring(with)
    end
    local anchored = byte(p, 1) == 94
    local pieces, at, count = {}, 1, 0
    local following = walk(s, p, 1)
    while count < (most or #s + 1) do
        local found = following()
        if not found then
            break
        end
        pieces[#pieces + 1] = sub(s, at, found[1] - 1)
        pieces[#pieces + 1] = replacement(found, s, with)
        at, count = found[2] + 1, count + 1
        if anchored then
            break
        end
    end
    pieces[#pieces + 1] = sub(s, at)
    return concat(pieces), count
end

function library.rep(s, n, separator)
    s, separator = text_of(s, 1, "rep"), separator and text_of(separator, 3, "rep") or ""
    n = integer(n, 2, "rep")
    local size = #s + #separator
    if n < 1 or size == 0 then
        return ""
    elseif n > MOST_REPEATED // size then
        error("the result of rep is too large", 2)
    end
    local made = raw.rep(s, n, separator)
    if #made > MANY then
        charge(#made // BYTES)
    end
    return made
end

function library.format(template, ...)
    template = text_of(template, 1, "format")
    local arguments, at = pack(...), 0
    for flags, kind in raw.gmatch(raw.gsub(template, "%%%%", ""), "%%([%-%+ #0-9%.]*)(.?)") do
        at = at + 1
        if kind == "p" then
            error("invalid conversion '%p' to 'format': addresses are not shown", 2)
        elseif kind == "s" and at <= arguments.n then
            arguments[at] = R.tostring(arguments[at])
        elseif #flags > 20 then
            error("invalid conversion to 'format'", 2)
        end
    end
    return format(template, unpack(arguments, 1, arguments.n))
end

-- Text has no other metatable than this, so that s:rep(…) is bounded too.
local methods = R.raw.string_methods
methods.__index, methods.__metatable = library, false
R.raw.debug.setmetatable("", methods)
R.string = library
