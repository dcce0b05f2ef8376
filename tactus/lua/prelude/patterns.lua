-- Pattern matching in Lua, after lstrlib.c of Lua 5.4: the same results, many times slower, but the
-- hook sees it. Patterns that could backtrack for ever in C, where no hook runs, come here.

local R = ...
local error, byte, sub, char, find = R.raw.error, R.raw.string.byte, R.raw.string.sub, R.raw.string.char, R.raw.string.find

local UNFINISHED, POSITION = -1, -2
local ESCAPE, OPEN, CLOSE, DOLLAR, BRACKET, CARET, CLOSING, DASH, DOT = 37, 40, 41, 36, 91, 94, 93, 45, 46
local STAR, PLUS, QUESTION = 42, 43, 63

local classes = {} -- letter -> byte -> whether it belongs to the class
local function in_class(c, letter)
    local class = classes[letter]
    if not class then
        class = {}
        local pattern = "^%" .. char(letter)
        for value = 0, 255 do
            class[value] = find(char(value), pattern) ~= nil
        end
        classes[letter] = class
    end
    return class[c]
end

local function class_end(p, at)
    local c = byte(p, at)
    at = at + 1
    if c == ESCAPE then
        if at > #p then
            error("malformed pattern (ends with '%')", 0)
        end
        return at + 1
    elseif c == BRACKET then
        if byte(p, at) == CARET then
            at = at + 1
        end
        repeat
            if at > #p then
                error("malformed pattern (missing ']')", 0)
            end
            if byte(p, at) == ESCAPE then
                at = at + 1
            end
            at = at + 1
        until byte(p, at) == CLOSING
        return at + 1
    end
    return at
end

local function in_set(c, p, at, last)
    local inside = true
    if byte(p, at + 1) == CARET then
        inside, at = false, at + 1
    end
    at = at + 1
    while at < last do
        local item = byte(p, at)
        if item == ESCAPE then
            at = at + 1
            if in_class(c, byte(p, at)) then
                return inside
            end
        elseif byte(p, at + 1) == DASH and at + 2 < last then
            if item <= c and c <= byte(p, at + 2) then
                return inside
            end
            at = at + 2
        elseif item == c then
            return inside
        end
        at = at + 1
    end
    return not inside
end

-- Match `p` (from its position `start`) at position `init` of `s`: the position behind the match and
-- the captures, or nil.
function R.match_at(s, p, init, start)
    local level, from, size = 0, {}, {}
    local length, pattern_length = #s, #p
    local match

    local function single(si, pi, ep)
        local c = byte(s, si)
        if not c then
            return false
        end
        local item = byte(p, pi)
        if item == DOT then
            return true
        elseif item == ESCAPE then
            return in_class(c, byte(p, pi + 1))
        elseif item == BRACKET then
            return in_set(c, p, pi, ep - 1)
        end
        return item == c
    end

    local function greedy(si, pi, ep)
        local count = 0
        while single(si + count, pi, ep) do
            count = count + 1
        end
        while count >= 0 do
            local found = match(si + count, ep + 1)
            if found then
                return found
            end
            count = count - 1
        end
    end

    local function lazy(si, pi, ep)
        while true do
            local found = match(si, ep + 1)
            if found then
                return found
            elseif not single(si, pi, ep) then
                return nil
            end
            si = si + 1
        end
    end

    local function open(si, pi, kind)
        level = level + 1
        if level > 32 then
            error("too many captures", 0)
        end
        from[level], size[level] = si, kind
        local found = match(si, pi)
        if not found then
            level = level - 1
        end
        return found
    end

    local function close(si, pi)
        local which = level
        while which > 0 and size[which] ~= UNFINISHED do
            which = which - 1
        end
        if which == 0 then
            error("invalid pattern capture", 0)
        end
        size[which] = si - from[which]
        local found = match(si, pi)
        if not found then
            size[which] = UNFINISHED
        end
        return found
    end

    local function balanced(si, pi)
        local first, last = byte(p, pi), byte(p, pi + 1)
        if not last then
            error("malformed pattern (missing arguments to '%b')", 0)
        elseif byte(s, si) ~= first then
            return nil
        end
        local depth = 1
        for at = si + 1, length do
            local c = byte(s, at)
            if c == last then
                depth = depth - 1
                if depth == 0 then
                    return at + 1
                end
            elseif c == first then
                depth = depth + 1
            end
        end
    end

    local function captured(si, digit)
        local which = digit - 48
        if which < 1 or which > level or size[which] == UNFINISHED then
            error("invalid capture index %" .. which, 0)
        elseif size[which] == POSITION then
            return nil
        end
        local text = sub(s, from[which], from[which] + size[which] - 1)
        return sub(s, si, si + #text - 1) == text and si + #text or nil
    end

    local function frontier(si, pi)
        if byte(p, pi) ~= BRACKET then
            error("missing '[' after '%f' in pattern", 0)
        end
        local ep = class_end(p, pi)
        local previous = si > 1 and byte(s, si - 1) or 0
        if not in_set(previous, p, pi, ep - 1) and in_set(byte(s, si) or 0, p, pi, ep - 1) then
            return ep
        end
    end

    local function escaped(si, pi) -- of %b, %f and back references: where both go on, or false
        local kind = byte(p, pi + 1)
        if kind == 98 then
            local behind = balanced(si, pi + 2)
            return true, behind, pi + 4
        elseif kind == 102 then
            local behind = frontier(si, pi + 2)
            return true, behind and si, behind
        elseif kind and kind >= 48 and kind <= 57 then
            return true, captured(si, kind), pi + 2
        end
        return false
    end

    local function item(si, pi) -- what one plain item leads to: found, or where both go on
        local ep = class_end(p, pi)
        local suffix = byte(p, ep)
        local fits = single(si, pi, ep)
        if suffix == STAR then
            return greedy(si, pi, ep)
        elseif suffix == DASH then
            return lazy(si, pi, ep)
        elseif suffix == PLUS then
            return fits and greedy(si + 1, pi, ep) or nil
        elseif suffix == QUESTION then
            local found = fits and match(si + 1, ep + 1)
            if found then
                return found
            end
            return nil, si, ep + 1
        end
        return nil, fits and si + 1, ep
    end

    function match(si, pi)
        while pi <= pattern_length do
            local c = byte(p, pi)
            if c == OPEN then
                if byte(p, pi + 1) == CLOSE then
                    return open(si, pi + 2, POSITION)
                end
                return open(si, pi + 1, UNFINISHED)
            elseif c == CLOSE then
                return close(si, pi + 1)
            elseif c == DOLLAR and pi == pattern_length then
                return si == length + 1 and si or nil
            end
            local special, next_s, next_p = false, nil, nil
            if c == ESCAPE then
                special, next_s, next_p = escaped(si, pi)
            end
            if not special then
                local found
                found, next_s, next_p = item(si, pi)
                if found then
                    return found
                end
            end
            if not next_s then
                return nil
            end
            si, pi = next_s, next_p
        end
        return si
    end

    local behind = match(init, start)
    if not behind then
        return nil
    end
    local captures = {}
    for which = 1, level do
        if size[which] == UNFINISHED then
            error("unfinished capture", 0)
        elseif size[which] == POSITION then
            captures[which] = from[which]
        else
            captures[which] = sub(s, from[which], from[which] + size[which] - 1)
        end
    end
    return behind, captures
end

-- As string.find with a pattern: start, end and captures.
function R.find_slowly(s, p, init)
    local anchored = byte(p, 1) == CARET
    local start = anchored and 2 or 1
    repeat
        local behind, captures = R.match_at(s, p, init, start)
        if behind then
            return init, behind - 1, R.raw.table.unpack(captures)
        end
        init = init + 1
    until anchored or init > #s + 1
    return nil
end
