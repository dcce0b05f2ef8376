-- The table library: the C functions, kept from tables whose metamethods would make them run unseen.

local R = ...
local raw = R.raw.table
local error, type, rawget, rawlen, getmetatable = R.raw.error, R.raw.type, R.raw.rawget, R.raw.rawlen, R.raw.getmetatable

local MOST_MOVED = 10000000

local function plain(t, name)
    if type(t) ~= "table" then
        local came = t == nil and "no value" or type(t)
        error("bad argument #1 to '" .. name .. "' (table expected, got " .. came .. ")", 3)
    end
    local meta = getmetatable(t)
    if meta then
        for _, method in R.raw.ipairs({ "__len", "__index", "__newindex" }) do
            if rawget(meta, method) ~= nil then
                error("table." .. name .. " does not take a table with " .. method, 3)
            end
        end
    end
    return t
end

local function bounded(first, last, name)
    if type(first) == "number" and type(last) == "number" and last - first >= MOST_MOVED then
        error("table." .. name .. ": the range is too large", 3)
    end
end

local library = { pack = raw.pack }

function library.insert(t, ...)
    return raw.insert(plain(t, "insert"), ...)
end

function library.remove(t, ...)
    return raw.remove(plain(t, "remove"), ...)
end

function library.concat(t, separator, first, last)
    bounded(first or 1, last or rawlen(plain(t, "concat")), "concat")
    return raw.concat(t, separator, first or 1, last or rawlen(t))
end

function library.unpack(t, first, last)
    bounded(first or 1, last or rawlen(plain(t, "unpack")), "unpack")
    return raw.unpack(t, first or 1, last or rawlen(t))
end

function library.move(t, first, last, at, to)
    bounded(first, last, "move")
    return raw.move(plain(t, "move"), first, last, at, plain(to or t, "move"))
end

function library.sort(t, compare)
    return R.sort(plain(t, "sort"), compare)
end

R.table = library
