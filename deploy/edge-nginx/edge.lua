-- The public edge in nginx, over the very store that the edge in Python reads: one behaviour, one
-- test suite (tests/results/test_edge_behaviour.py). What each step is for is said there and in
-- app/results/edge.py; this file says only what is different here.

local ffi = require "ffi"
local bit = require "bit"
local cjson = require "cjson.safe"

ffi.cdef [[
typedef struct MDB_env MDB_env;
typedef struct MDB_txn MDB_txn;
typedef struct MDB_cursor MDB_cursor;
typedef struct { size_t size; const unsigned char *data; } edge_val;
int mdb_env_create(MDB_env **env);
int mdb_env_set_maxreaders(MDB_env *env, unsigned int readers);
int mdb_env_open(MDB_env *env, const char *path, unsigned int flags, unsigned int mode);
void mdb_env_close(MDB_env *env);
int mdb_txn_begin(MDB_env *env, MDB_txn *parent, unsigned int flags, MDB_txn **txn);
void mdb_txn_reset(MDB_txn *txn);
int mdb_txn_renew(MDB_txn *txn);
void mdb_txn_abort(MDB_txn *txn);
int mdb_dbi_open(MDB_txn *txn, const char *name, unsigned int flags, unsigned int *dbi);
int mdb_cursor_renew(MDB_txn *txn, MDB_cursor *cursor);
int mdb_cursor_open(MDB_txn *txn, unsigned int dbi, MDB_cursor **cursor);
int mdb_cursor_get(MDB_cursor *cursor, edge_val *key, edge_val *data, int op);
void mdb_cursor_close(MDB_cursor *cursor);

typedef struct evp_cipher_ctx_st EVP_CIPHER_CTX;
typedef struct evp_cipher_st EVP_CIPHER;
EVP_CIPHER_CTX *EVP_CIPHER_CTX_new(void);
const EVP_CIPHER *EVP_aes_256_gcm(void);
int EVP_DecryptInit_ex(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher, void *engine,
                       const unsigned char *key, const unsigned char *nonce);
int EVP_DecryptUpdate(EVP_CIPHER_CTX *ctx, unsigned char *out, int *written,
                      const unsigned char *in, int length);
int EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX *ctx, int what, int length, void *value);
int EVP_DecryptFinal_ex(EVP_CIPHER_CTX *ctx, unsigned char *out, int *written);

void *memchr(const void *where, int byte, size_t length);
void *memmem(const void *where, size_t length, const void *what, size_t what_length);
int memcmp(const void *one, const void *other, size_t length);
size_t strspn(const char *text, const char *of_these);
int mkdir(const char *path, unsigned int mode);
int inet_pton(int family, const char *text, void *packed);

typedef struct edge_dir edge_dir;
struct edge_entry { uint64_t inode; int64_t offset; unsigned short length; unsigned char kind;
                    char name[256]; };
edge_dir *opendir(const char *path);
struct edge_entry *readdir(edge_dir *folder);
int closedir(edge_dir *folder);
]]

local C = ffi.C
-- A whole question is one trace, longer than what LuaJIT allows by itself.
jit.opt.start("maxirconst=4000", "maxrecord=16000", "loopunroll=60")
local lmdb = ffi.load("liblmdb.so.0")
local crypto = ffi.load("libcrypto.so.3")
local ngx = ngx
local var, print, now = ngx.var, ngx.print, ngx.now
local get_method, read_body = ngx.req.get_method, ngx.req.read_body
local find, match, sub, lower, gsub, byte, char =
    string.find, string.match, string.sub, string.lower, string.gsub, string.byte, string.char
local floor, random, tonumber = math.floor, math.random, tonumber
local uchars = ffi.typeof("const unsigned char *")
local chars = ffi.typeof("const char *")

local MDB_RDONLY, MDB_NOTLS, MDB_NORDAHEAD = 0x20000, 0x200000, 0x800000
local MDB_NEXT, MDB_SET_RANGE = 8, 17
local SET_TAG, TAG_BYTES = 0x11, 16
local DECOY = "00000000000"
local HOUR, LOOK_SECONDS, TELL_SECONDS, FRESH_SECONDS = 3600, 0.25, 3, 10
local PROBE_SECONDS, PROBE_LONGEST = 0.1, 10
local LONGEST_FORM, LONGEST_TYPED, MOST_KNOWN = 2048, 120, 100000
local STATUS = {
    malformed = 422, nameless = 422, missed = 404, limited = 429, crowded = 429, early = 503,
    busy = 503,
}
local RETRY = { limited = { 3600, 0 }, crowded = { 60, 30 }, early = { 60, 30 }, busy = { 60, 60 } }
local TYPED = { form = true, malformed = true, nameless = true, missed = true, limited = true,
    crowded = true, busy = true }
local NOTICED = { form = true, malformed = true, nameless = true, missed = true, limited = true,
    crowded = true, early = true, result = true, absent = true, cancelled = true, unmet = true,
    pended = true, withheld = true }

local folder = os.getenv("EDGE_FOLDER") or "/srv/sajili/results"
local misses = ngx.shared.edge_misses
local held, control_text -- what this worker holds of the open release
local minute, asked_by, asked_count = 0, {}, 0
local key_val, data_val = ffi.new("edge_val"), ffi.new("edge_val")
local room, room_bytes = ffi.new("unsigned char[65536]"), 65536
local written, nonce = ffi.new("int[1]"), ffi.new("unsigned char[12]")

local M = {}

-- Text ------------------------------------------------------------------------------------------

local function second_byte_bounds(lead)
    if lead >= 0xC2 and lead <= 0xDF then return 1, 0x80, 0xBF end
    if lead == 0xE0 then return 2, 0xA0, 0xBF end
    if lead == 0xED then return 2, 0x80, 0x9F end
    if lead >= 0xE1 and lead <= 0xEF then return 2, 0x80, 0xBF end
    if lead == 0xF0 then return 3, 0x90, 0xBF end
    if lead >= 0xF1 and lead <= 0xF3 then return 3, 0x80, 0xBF end
    if lead == 0xF4 then return 3, 0x80, 0x8F end
    return nil
end

-- UTF-8 with U+FFFD for each longest beginning that is none, as Python decodes with "replace".
local function whole_utf8(text)
    if not find(text, "[\128-\255]") then return text end
    local out, at, length = {}, 1, #text
    while at <= length do
        local lead = byte(text, at)
        local upto = at
        if lead >= 0x80 then
            local more, low, high = second_byte_bounds(lead)
            local good = more ~= nil
            for _ = 1, more or 0 do
                local next_byte = byte(text, upto + 1)
                if not next_byte or next_byte < low or next_byte > high then
                    good = false
                    break
                end
                upto, low, high = upto + 1, 0x80, 0xBF
            end
            out[#out + 1] = good and sub(text, at, upto) or "\239\191\189"
        else
            out[#out + 1] = char(lead)
        end
        at = upto + 1
    end
    return table.concat(out)
end

-- The first characters of a text that is whole UTF-8.
local function cut(text)
    if #text <= LONGEST_TYPED then return text end
    local seen = 0
    for at = 1, #text do
        local one = byte(text, at)
        if one < 0x80 or one >= 0xC0 then
            seen = seen + 1
            if seen > LONGEST_TYPED then return sub(text, 1, at - 1) end
        end
    end
    return text
end

local ESCAPED = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;",
    ["'"] = "&#x27;" }

local function escaped(text)
    return (gsub(text, "[&<>\"']", ESCAPED))
end

local function kept(typed)
    return typed and escaped(cut(typed)) or ""
end

local function hex_byte(pair)
    return char(tonumber(pair, 16))
end

local function decoded(value)
    if find(value, "[%%+\128-\255]") then
        value = gsub(value, "%+", " ")
        value = whole_utf8((gsub(value, "%%(%x%x)", hex_byte)))
    end
    return value
end

local function fields_of(sent)
    local found = {}
    for field in string.gmatch(sent, "[^&]+") do
        local equals = find(field, "=", 1, true)
        if equals then
            local name = sub(field, 1, equals - 1)
            if not found[name] then found[name] = decoded(sub(field, equals + 1)) end
        end
    end
    return found
end

local function digits_of(typed)
    return (gsub(gsub(cut(typed), "[ \t%-/.]", ""), "\194\160", ""))
end

local function utf8(code)
    if code < 0x80 then return char(code) end
    if code < 0x800 then
        return char(0xC0 + bit.rshift(code, 6), 0x80 + bit.band(code, 63))
    end
    return char(0xE0 + bit.rshift(code, 12), 0x80 + bit.band(bit.rshift(code, 6), 63),
        0x80 + bit.band(code, 63))
end

-- The table of folding out of the store; a character that it does not know becomes nothing.
local function fold_table(said)
    local found = {}
    for code, plain in pairs(said) do found[utf8(tonumber(code))] = plain end
    return setmetatable(found, { __index = function() return "" end })
end

local function words_of(typed)
    local words = {}
    local folded = gsub(cut(typed), "[%z\1-\127\192-\255][\128-\191]*", held.fold)
    for word in string.gmatch(folded, "%S+") do words[#words + 1] = word end
    return words
end

local function is_registered(words, names)
    local all = true
    for _, word in ipairs(words) do
        all = all and find(names, "|" .. word .. "|", 1, true) ~= nil
    end
    return all or find(names, "|" .. table.concat(words) .. "|", 1, true) ~= nil
end

-- The store -------------------------------------------------------------------------------------

local function checked(code, what)
    if code ~= 0 then error(what .. ": LMDB says " .. code, 0) end
end

local Store = {}
Store.__index = Store

function Store.open(path)
    local env = ffi.new("MDB_env *[1]")
    checked(lmdb.mdb_env_create(env), "env")
    local self = setmetatable({ env = env[0] }, Store)
    lmdb.mdb_env_set_maxreaders(self.env, 1024)
    local flags = bit.bor(MDB_RDONLY, MDB_NOTLS, MDB_NORDAHEAD)
    local code = lmdb.mdb_env_open(self.env, path, flags, 420)
    if code ~= 0 then
        lmdb.mdb_env_close(self.env)
        checked(code, path)
    end
    local txn, dbi = ffi.new("MDB_txn *[1]"), ffi.new("unsigned int[1]")
    checked(lmdb.mdb_txn_begin(self.env, nil, MDB_RDONLY, txn), "txn")
    self.txn = txn[0]
    checked(lmdb.mdb_dbi_open(self.txn, nil, 0, dbi), "dbi")
    self.dbi = dbi[0]
    local cursor = ffi.new("MDB_cursor *[1]")
    checked(lmdb.mdb_cursor_open(self.txn, self.dbi, cursor), "cursor")
    self.cursor = cursor[0]
    return self
end

-- Corrections show once the standing transaction was renewed; pointers are good until then.
function Store:refresh()
    lmdb.mdb_txn_reset(self.txn)
    checked(lmdb.mdb_txn_renew(self.txn), "renew")
    checked(lmdb.mdb_cursor_renew(self.txn, self.cursor), "renew")
end

function Store:close()
    lmdb.mdb_cursor_close(self.cursor)
    lmdb.mdb_txn_abort(self.txn)
    lmdb.mdb_env_close(self.env)
end

-- Points `data_val` to the index number's own record or, where nobody has that number, to the next
-- one's; returns whose it is. No branch here or before the name is compared says which: LuaJIT
-- compiles what is common, and what is rare would tell itself by its time.
function Store:nearest(index)
    key_val.size, key_val.data = #index, ffi.cast(uchars, index)
    if lmdb.mdb_cursor_get(self.cursor, key_val, data_val, MDB_SET_RANGE) == 0
        and key_val.data[0] ~= 126 then
        return ffi.string(key_val.data, key_val.size)
    end
    if index == DECOY then return DECOY end
    return self:nearest(DECOY)
end

function Store:meta()
    local found, cursor = {}, ffi.new("MDB_cursor *[1]")
    checked(lmdb.mdb_cursor_open(self.txn, self.dbi, cursor), "cursor")
    local first = "~"
    key_val.size, key_val.data = 1, ffi.cast(uchars, first)
    local code = lmdb.mdb_cursor_get(cursor[0], key_val, data_val, MDB_SET_RANGE)
    while code == 0 do
        local name = ffi.string(key_val.data + 1, key_val.size - 1)
        found[name] = ffi.string(data_val.data, data_val.size)
        code = lmdb.mdb_cursor_get(cursor[0], key_val, data_val, MDB_NEXT)
    end
    lmdb.mdb_cursor_close(cursor[0])
    return found
end

-- Opens what `data_val` points to into `room`; returns its length, or nil where it was changed.
local function opened(cipher, key, number)
    local sealed, length = data_val.data, tonumber(data_val.size) - 2 - TAG_BYTES
    if length < 0 then return nil end
    if length > room_bytes then
        room_bytes = length * 2
        room = ffi.new("unsigned char[?]", room_bytes)
    end
    local low = number % 4294967296
    nonce[3] = (number - low) / 4294967296
    nonce[4] = floor(low / 16777216)
    nonce[5] = floor(low / 65536) % 256
    nonce[6] = floor(low / 256) % 256
    nonce[7] = low % 256
    nonce[10], nonce[11] = sealed[0], sealed[1]
    crypto.EVP_DecryptInit_ex(cipher, nil, nil, nil, nonce)
    crypto.EVP_DecryptUpdate(cipher, nil, written, ffi.cast(uchars, key), #key)
    crypto.EVP_DecryptUpdate(cipher, room, written, sealed + 2, length)
    crypto.EVP_CIPHER_CTX_ctrl(cipher, SET_TAG, TAG_BYTES,
        ffi.cast("void *", sealed + 2 + length))
    if crypto.EVP_DecryptFinal_ex(cipher, room + length, written) ~= 1 then return nil end
    return length
end

-- The open release ------------------------------------------------------------------------------

local function split(text, found, first, step)
    local at, place = 1, first
    while true do
        local zero = find(text, "%z", at)
        found[place] = sub(text, at, (zero or 0) - 1)
        if not zero then return place end
        at, place = zero + 1, place + step
    end
end

-- A page as a list to join: fixed pieces at odd places, gaps at even ones; its fixed bytes.
local function page_cut(shell, notice, has_notice)
    local pieces = {}
    if has_notice then
        local zero = find(shell, "%z")
        shell = sub(shell, 1, zero - 1) .. notice .. sub(shell, zero + 1)
    end
    local last = split(shell, pieces, 1, 2)
    local fixed = 0
    for place = 1, last, 2 do fixed = fixed + #pieces[place] end
    return { pieces = pieces, gaps = (last - 1) / 2, fixed = fixed }
end

-- The page with other words about where people turn to; as it is where there are none.
local function helped(page, help)
    local from, upto = find(page, "<p id=help>", 1, true)
    local last = from and find(page, "<p>", upto + 1, true)
    if help == "" or not last then return page end
    return sub(page, 1, upto) .. help .. sub(page, last)
end

local function cipher_of(key)
    local cipher = crypto.EVP_CIPHER_CTX_new()
    local bytes = gsub(key, "%x%x", hex_byte)
    crypto.EVP_DecryptInit_ex(cipher, crypto.EVP_aes_256_gcm(), nil, ffi.cast(uchars, bytes), nil)
    return cipher
end

-- A store that was built again under its name is another; until it is here, none is.
local function demand_build(control)
    if type(control.build) ~= "string" or control.build == "" then return end
    local file = io.open(folder .. "/" .. control.store .. "/which", "rb")
    local built = file and file:read("*a")
    if file then file:close() end
    if built ~= control.build then error("another build of " .. control.store, 0) end
end

local function taken_up(control)
    local known = held and held.control.store == control.store
    local same = known and held.control.build == control.build
    if not same then demand_build(control) end
    local store = same and held.store or Store.open(folder .. "/" .. control.store)
    local meta = same and held.meta or store:meta()
    local fresh = {
        control = control, store = store, meta = meta, pages = { en = {}, sw = {} },
        fold = same and held.fold or fold_table(cjson.decode(meta.fold)),
        counts = known and held.counts or { shown = 0 },
        policy = cjson.decode(meta["headers/page"])["Content-Security-Policy"],
    }
    for _, language in ipairs({ "en", "sw" }) do
        local said = type(control.notice) == "table" and control.notice[language] or ""
        local notice = said ~= "" and "<div class='say note'>" .. escaped(said) .. "</div>" or ""
        local help = type(control.help) == "table" and control.help[language] or ""
        for name in pairs(meta) do
            local page = match(name, "^(%a+):" .. language .. "$")
            if page then
                fresh.pages[language][page] = page_cut(helped(meta[name], help), notice, NOTICED[page])
            end
        end
    end
    if type(control.key) == "string" then fresh.cipher = cipher_of(control.key) end
    if held and not same then held.store:close() end
    return fresh
end

local function let_go()
    if held then held.store:close() end
    held, control_text = nil, nil
end

local function look()
    local file = io.open(folder .. "/control.json", "rb")
    if not file then return let_go() end
    local text = file:read("*a")
    file:close()
    if held and text == control_text then return held.store:refresh() end
    local control = cjson.decode(text)
    local good, found = pcall(taken_up, control)
    if good then
        held, control_text = found, text
    else
        ngx.log(ngx.ERR, "the store of the control is not here: ", found)
        let_go()
    end
end

-- What this worker answered, for the dashboard; nothing in it names anybody.
local told_stores, told_sum, told_at = {}, 0, now()

local function tell()
    if not held then return end
    told_stores[held.control.store] = held.counts
    local sum, moment = 0, now()
    for _, counts in pairs(told_stores) do
        for _, number in pairs(counts) do sum = sum + number end
    end
    local rate = math.max(0, sum - told_sum) / math.max(moment - told_at, 0.001)
    told_sum, told_at = sum, moment
    local told = { at = moment, a_second = rate, stores = told_stores }
    local path = folder .. "/counts/" .. ngx.worker.pid() .. ".json"
    C.mkdir(folder .. "/counts", 493)
    local file = io.open(path .. ".new", "wb")
    if not file then return end
    file:write(cjson.encode(told))
    file:close()
    os.rename(path .. ".new", path)
end

-- What all workers of this node answered, those that ended too: the sum of their files.
local function told_by_all()
    local sum = { at = 0, a_second = 0, stores = {} }
    local dir = C.opendir(folder .. "/counts")
    if dir == nil then return sum end
    local entry = C.readdir(dir)
    while entry ~= nil do
        local name = ffi.string(entry.name)
        local file = find(name, "%.json$") and io.open(folder .. "/counts/" .. name, "rb")
        local one = file and cjson.decode(file:read("*a"))
        if file then file:close() end
        if type(one) == "table" then
            if now() - one.at < FRESH_SECONDS then
                sum.a_second = sum.a_second + (one.a_second or 0)
            end
            sum.at = math.max(sum.at, one.at)
            for store, counts in pairs(one.stores) do
                local of_store = sum.stores[store] or {}
                for answer, number in pairs(counts) do
                    of_store[answer] = (of_store[answer] or 0) + number
                end
                sum.stores[store] = of_store
            end
        end
        entry = C.readdir(dir)
    end
    C.closedir(dir)
    return sum
end

-- Counters --------------------------------------------------------------------------------------

-- What the control keeps for SMS and USSD is no longer the page's.
local function page_misses()
    local control = held.control
    return math.max(1, control.misses_an_hour - (control.misses_by_phone or 0))
end

-- A ring of the times of an index number's last misses, in memory that the workers share: its
-- count is one atomic step, and the time under count modulo the limit is the one that leaves.
local function is_limited(index)
    local count = misses:get(index)
    local most = page_misses()
    if not count or count < most then return false end
    local oldest = misses:get(index .. ":" .. count % most)
    return oldest ~= nil and now() - oldest < HOUR
end

local function count_miss(index)
    local most = page_misses()
    local count, problem = misses:incr(index, 1, 0)
    if not count then
        ngx.log(ngx.ERR, "misses are not counted: ", problem)
        return false
    end
    local place = index .. ":" .. count % most
    local before = misses:get(place)
    misses:set(place, now(), HOUR)
    misses:expire(index, HOUR)
    return not (count > most and before and now() - before < HOUR)
end

-- What an address is counted as, by the rule of app/networks.py: of IPv6 its /64.
local packed, IPV6 = ffi.new("unsigned char[16]"), 10
local MAPPED = "\0\0\0\0\0\0\0\0\0\0\255\255"

local function network_of(address)
    if not find(address, ":", 1, true) then return address end
    if C.inet_pton(IPV6, address, packed) ~= 1 then return "unknown" end
    if C.memcmp(packed, MAPPED, 12) ~= 0 then return ffi.string(packed, 8) end
    return packed[12] .. "." .. packed[13] .. "." .. packed[14] .. "." .. packed[15]
end

local function address_of(proxies)
    if proxies > 0 then
        local seen = {}
        for one in string.gmatch(var.http_x_forwarded_for or "", "[^,]+") do
            seen[#seen + 1] = match(one, "^%s*(.-)%s*$")
        end
        if #seen >= proxies then return network_of(seen[#seen - proxies + 1]) end
    end
    local address = var.remote_addr
    local is_here = address == "127.0.0.1" or address == "::1" or address == "::ffff:127.0.0.1"
    if is_here and not var.http_x_forwarded_for then return nil end
    return network_of(address)
end

local function is_crowded(address)
    if not address then return false end
    local this_minute = floor(now() / 60)
    if this_minute ~= minute or asked_count > MOST_KNOWN then
        minute, asked_by, asked_count = this_minute, {}, 0
    end
    local asked = (asked_by[address] or 0) + 1
    if asked == 1 then asked_count = asked_count + 1 end
    asked_by[address] = asked
    return asked > held.control.address_a_minute
end

-- How long askers wait, and since when this worker itself waits for an answer of its node. Connections
-- would not tell: nginx counts one that asks and is not read yet as quiet, and one whose form does
-- not come as at work.
local busy_seconds = tonumber(os.getenv("EDGE_BUSY_MS") or 1000) / 1000
local own_port = tonumber(os.getenv("EDGE_PORT") or 443)
local waited, asked_at, is_port_missed = 0, nil, false

-- A question like another's, through the same queue. What is heard does not matter: a port of TLS
-- answers plain words with a plain refusal.
local function ask_oneself(line)
    local good, problem = line:connect("127.0.0.1", own_port)
    if not good then return nil, problem end
    good, problem = line:send("GET /alive HTTP/1.0\r\n\r\n")
    if not good then return nil, problem end
    return line:receive(1)
end

local function probe(ending)
    if ending or asked_at and now() - asked_at < PROBE_LONGEST + 1 then return end
    asked_at = now()
    local line = ngx.socket.tcp()
    line:settimeout(PROBE_LONGEST * 1000)
    local heard, problem = ask_oneself(line)
    line:close()
    waited = (heard or problem == "timeout") and now() - asked_at or 0
    asked_at = nil
    if not heard and not is_port_missed then
        is_port_missed = true
        ngx.log(ngx.ERR, "EDGE_PORT ", own_port, " does not answer, so that nobody is sent away: ", problem)
    end
end

local function is_busy()
    if busy_seconds == 0 then return true end
    local so_far = asked_at and now() - asked_at or 0
    local share = (so_far > waited and so_far or waited) / busy_seconds - 1
    return share > 0 and random() < share
end

function M.start()
    math.randomseed(ngx.worker.pid() * 1000 + now() % 1000)
    told_at = now()
    look()
    ngx.timer.every(LOOK_SECONDS, function(ending)
        if not ending then look() end
    end)
    ngx.timer.every(TELL_SECONDS, tell)
    ngx.timer.every(PROBE_SECONDS, probe)
end

-- Answers ---------------------------------------------------------------------------------------

-- Where no release was ever prepared; the same as NOTHING_HERE in app/results/pages.py.
local NOTHING_HERE = table.concat({
    '<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width,initial-scale=1">',
    '<title>Results</title><style>body{font:1.125rem/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem;color:#14211d}</style>',
    '<h1>No results are open here yet</h1><p>They can be read on this page once they are released. Ask the school when that is.</p>',
    '<p lang=sw>Hakuna matokeo yaliyofunguliwa hapa bado. Yatasomwa kwenye ukurasa huu yatakapotolewa. Uliza shule ni lini.</p>',
})

local function plain(status, said, retry, kind)
    local header = ngx.header
    ngx.status = status
    header.content_type = kind or "text/plain"
    if retry then header["Retry-After"] = retry end
    header.content_length = #said
    print(said)
end

local function answer_json(body)
    local header = ngx.header
    header.content_type = "application/json"
    header.content_length = #body
    print(body)
end

local function begin_page(length)
    local header = ngx.header
    header["Content-Security-Policy"] = held.policy
    header.content_length = length
end

local function language_of(query)
    local said
    if query == "lang=en" or query == "lang=sw" then
        said = sub(query, 6)
    elseif query and find(query, "lang=", 1, true) then
        said = match("&" .. query, "&lang=([^&]*)")
    end
    said = said or var.http_accept_language or ""
    return lower(sub(said, 1, 2)) == "sw" and "sw" or "en"
end

local function unshown(name, asked)
    held.counts[name] = (held.counts[name] or 0) + 1
    ngx.status = STATUS[name] or 200
    local retry = RETRY[name]
    if retry then ngx.header["Retry-After"] = retry[1] + floor(random() * retry[2]) end
    if asked.as_json and STATUS[name] then return answer_json(held.meta["json/" .. name]) end
    local pieces = held.pages[asked.language][name].pieces
    if TYPED[name] then pieces[2], pieces[4] = kept(asked.index), kept(asked.name) end
    local body = table.concat(pieces)
    begin_page(#body)
    print(body)
end

-- Where the part of the record that begins at `at` ends.
local function end_of(at, length)
    local zero = C.memchr(room + at, 0, length - at)
    if zero == nil then return length end
    return tonumber(ffi.cast(uchars, zero) - room)
end

local function part(at, stop)
    return ffi.string(room + at, stop - at)
end

-- The page of a result, by far the commonest, without a loop, because LuaJIT compiles a question
-- from end to end only where no loop stands in its way; and not joined here, because nginx copies
-- the pieces into memory that is warm from the last answer, where a new text of Lua's never is.
local function print_result(page, at, length)
    local pieces = page.pieces
    local index_end = end_of(at, length)
    local names_end = end_of(index_end + 1, length)
    local school_end = end_of(names_end + 1, length)
    local mean_end = end_of(school_end + 1, length)
    local rows_end = end_of(mean_end + 1, length)
    local version_end = end_of(rows_end + 1, length)
    begin_page(page.fixed + length - at - 6)
    print(pieces[1], part(at, index_end), pieces[3], part(index_end + 1, names_end),
        pieces[5], part(names_end + 1, school_end), pieces[7], part(school_end + 1, mean_end),
        pieces[9], part(mean_end + 1, rows_end), pieces[11], part(rows_end + 1, version_end),
        pieces[13], part(version_end + 1, length), pieces[15])
end

local function print_other(page, at, length)
    local pieces = page.pieces
    for place = 2, page.gaps * 2, 2 do
        local stop = end_of(at, length)
        pieces[place] = part(at, stop)
        at = stop + 1
    end
    local body = table.concat(pieces)
    begin_page(#body)
    print(body)
end

-- Answers with the record in `room`; the caller has compared the name.
local function shown(length, names_end, as_json, language)
    held.counts.shown = held.counts.shown + 1
    local kind_end = end_of(names_end + 1, length)
    local json_end = end_of(kind_end + 1, length)
    if as_json then return answer_json(part(kind_end + 1, json_end)) end
    local page = held.pages[language][part(names_end + 1, kind_end)]
    if page.gaps == 7 then return print_result(page, json_end + 1, length) end
    return print_other(page, json_end + 1, length)
end

-- The name of the answer, or nil, the record's length and where its names end.
local function looked_up(index, is_named)
    if is_limited(index) then return "limited" end
    local whose = held.store:nearest(index)
    local length = opened(held.cipher, whose, tonumber(whose))
    if not length then return "busy" end
    local names_end = ffi.cast(uchars, C.memchr(room, 0, length)) - room
    names_end = tonumber(names_end)
    -- Not through the room behind the names: a withheld record has more of it, which the time would tell.
    local more = ffi.cast(uchars, C.memmem(room, names_end, "||", 2))
    local upto = more ~= nil and tonumber(more - room) + 1 or names_end
    if is_named(upto) and whose == index and index ~= DECOY then
        return nil, length, names_end
    end
    return count_miss(index) and "missed" or "limited"
end

local function refusal(asked, digits)
    if not held.cipher or now() < held.control.opens_at then return "early" end
    if not asked.index and not asked.name then return "form" end
    if #digits ~= 11 or not find(digits, "^%d+$") then return "malformed" end
    asked.words = words_of(asked.name or "")
    if #asked.words == 0 then return "nameless" end
    if is_crowded(address_of(held.control.proxies)) then return "crowded" end
    return nil
end

local function ask(sent, query, as_json, is_shed)
    local typed = fields_of(sent)
    local asked = { index = typed.index, name = typed.name, as_json = as_json,
        language = language_of(query) }
    local digits = digits_of(typed.index or "")
    local refused = is_shed and "busy" or refusal(asked, digits)
    if refused then return unshown(refused, asked) end
    local name, length, names_end = looked_up(digits, function(upto)
        return is_registered(asked.words, ffi.string(room, upto))
    end)
    if name then return unshown(name, asked) end
    return shown(length, names_end, as_json, asked.language)
end

-- What was sent: the query, or the form of a POST; nil where it is too long.
local function sent_by(method, query)
    if method ~= "POST" then
        query = query or ""
        return #query <= LONGEST_FORM and query or nil
    end
    read_body()
    local body = var.request_body
    if not body then return not ngx.req.get_body_file() and "" or nil end
    return #body <= LONGEST_FORM and body or nil
end

local DIGITS = "0123456789"
local LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

-- What nearly everybody sends: eleven digits and one name in plain letters. Looked at by C, because
-- patterns stay in LuaJIT's interpreter and loops cut what it compiles in two.
local function plain_parts(sent)
    local length = #sent
    if length < 24 or length > 23 + LONGEST_TYPED then return nil end
    local at = ffi.cast(chars, sent)
    if C.memcmp(at, "index=", 6) ~= 0 or C.memcmp(at + 17, "&name=", 6) ~= 0
        or C.strspn(at + 6, DIGITS) ~= 11 or C.strspn(at + 23, LETTERS) ~= length - 23 then
        return nil
    end
    return sub(sent, 7, 17), sub(sent, 24)
end

local wanted = ""

local function is_wanted(names_end)
    return C.memmem(room, names_end, wanted, #wanted) ~= nil
end

function M.answer()
    local method = get_method()
    if method ~= "GET" and method ~= "POST" and method ~= "HEAD" then
        return plain(405, "GET or POST")
    end
    if not held then return plain(503, NOTHING_HERE, 60, "text/html; charset=utf-8") end
    local query = var.args
    local sent = sent_by(method, query)
    if not sent then return plain(413, "This form is too long.") end
    local accept = var.http_accept
    local as_json = accept ~= nil and find(accept, "application/json", 1, true) ~= nil
    local is_shed = is_busy()
    local index, name = plain_parts(sent)
    if not index or is_shed or not held.cipher or now() < held.control.opens_at then
        return ask(sent, query, as_json, is_shed)
    end
    local language = as_json and "en" or language_of(query)
    local refused, length, names_end
    if is_crowded(address_of(held.control.proxies)) then
        refused = "crowded"
    else
        wanted = "|" .. lower(name) .. "|"
        refused, length, names_end = looked_up(index, is_wanted)
    end
    if refused then
        return unshown(refused,
            { index = index, name = name, as_json = as_json, language = language })
    end
    return shown(length, names_end, as_json, language)
end

function M.elsewhere()
    local path = var.uri
    if path == "/" or path == "/results" then
        ngx.status = 302
        ngx.header.location = "/results/"
        ngx.header.content_length = 0
        return ngx.send_headers()
    end
    if path == "/alive" then return plain(held and 200 or 503, "alive") end
    local token = held and held.control.counts_token
    if path == "/counts" and type(token) == "string" and #token > 0
        and ngx.md5_bin("Bearer " .. token) == ngx.md5_bin(var.http_authorization or "") then
        return plain(200, cjson.encode(told_by_all()))
    end
    return plain(404, "The results are at /results/")
end

function M.too_long()
    return plain(413, "This form is too long.")
end

return M
