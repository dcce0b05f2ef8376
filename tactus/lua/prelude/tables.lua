-- The table library: in C where no metamethod of the table can run unseen by the hook, else the same in
-- Lua. Lengths and ranges are bounded, and what C walks over is counted.

local R = ...
local raw, charge = R.raw.table, R.charge
local error, type, select, rawget, rawlen = R.raw.error, R.raw.type, R.raw.select, R.raw.rawget, R.raw.rawlen
local getmetatable, integer = R.raw.getmetatable, R.integer

local MOST_MOVED = 10000000
local MANY = 1000 -- elements whose walk is counted

-- Whether C may have `t`: no metamethod can answer for it.
local function is_plain(t, name)
    if type(t) ~= "table" then
        error("bad argument #1 to '" .. name .. "' (table expected, got " .. type(t) .. ")", 3)
    end
    local meta = getmetatable(t)
    return not meta
        or rawget(meta, "__len") == nil and rawget(meta, "__index") == nil and rawget(meta, "__newindex") == nil
end

local function count_range(first, last, name)
    local count = last - first
    if first > last then
        return
    elseif count < 0 or count >= MOST_MOVED then
        error("table." .. name .. ": the range is too large", 3)
    elseif count > MANY then
        charge(count)
    end
end

local library = { pack = raw.pack }

function library.insert(t, ...)
    local given = select("#", ...)
    if is_plain(t, "insert") then
        if given == 2 and rawlen(t) > MANY then
            charge(rawlen(t))
        end
        raw.insert(t, ...)
        return
    end
    local position, value = ...
    local behind = #t + 1
    if given == 1 then
        t[behind] = position
    elseif given == 2 then
        position = integer(position, 2, "insert")
        if position < 1 or position > behind then
            error("bad argument #2 to 'insert' (position out of bounds)", 2)
        end
        for at = behind, position + 1, -1 do
            t[at] = t[at - 1]
        end
        t[position] = value
    else
        error("wrong number of arguments to 'insert'", 2)
    end
end

function library.remove(t, ...)
    if is_plain(t, "remove") then
        if select("#", ...) > 0 and rawlen(t) > MANY then
            charge(rawlen(t))
        end
        return (raw.remove(t, ...))
    end
    local size = #t
    local position = select("#", ...) == 0 and size or integer((...), 2, "remove")
    if select("#", ...) > 0 and size + 1 ~= position and (position < 1 or position > size + 1) then
        error("bad argument #2 to 'remove' (position out of bounds)", 2)
    end
    local value = t[position]
    while position < size do
        t[position] = t[position + 1]
        position = position + 1
    end
    t[position] = nil
    return value
end

-- The elements from `first` to `last`, in a plain table at the same places.
local function gathered(t, first, last)
    local made = {}
    for position = first, last do
        made[position] = t[position]
    end
    return made
end

function library.concat(t, separator, first, last)
    local plain = is_plain(t, "concat")
    first = first == nil and 1 or integer(first, 3, "concat")
    last = last == nil and #t or integer(last, 4, "concat")
    count_range(first, last, "concat")
    return raw.concat(plain and t or gathered(t, first, last), separator, first, last)
end

function library.unpack(t, first, last)
    local plain = is_plain(t, "unpack")
    first = first == nil and 1 or integer(first, 2, "unpack")
    last = last == nil and #t or integer(last, 3, "unpack")
    count_range(first, last, "unpack")
    return raw.unpack(plain and t or gathered(t, first, last), first, last)
end

function library.move(t, first, last, at, to)
    local plain = is_plain(t, "move")
    to = to == nil and t or to
    plain = is_plain(to, "move") and plain
    first, last, at = integer(first, 2, "move"), integer(last, 3, "move"), integer(at, 4, "move")
    count_range(first, last, "move")
    if plain then
        return raw.move(t, first, last, at, to)
    elseif at > last or at <= first or to ~= t then
        for offset = 0, last - first do
            to[at + offset] = t[first + offset]
        end
    else
        for offset = last - first, 0, -1 do
            to[at + offset] = t[first + offset]
        end
    end
    return to
end

function library.sort(t, compare)
    R.sort(t, compare)
end

R.table = library
