-- Dovecot asks Postern about every login: a passdb in Lua for Dovecot 2.3. Debian: apt install dovecot-auth-lua.
-- Copy to /etc/dovecot/postern.lua; 05-postern-passdb.conf names it.

-- Postern's policy service (service.listen in postern.yaml).
local url = "http://127.0.0.1:8143/auth/verify"
-- The token of `postern token create dovecot --role verifier --all`, in a file for Dovecot's eyes only (mode 0600).
local token_file = "/etc/dovecot/postern.token"
-- The listener of 05-postern-passdb.conf at which Postern itself asks whether an ordinary password is right.
local check_port = "10143"
-- Postern may have to ask back, so this is longer than an answer from its store takes.
local timeout_ms = 12000

local client
local token

function script_init()
  local file = assert(io.open(token_file, "r"))
  token = file:read("l")
  file:close()
  return 0
end

local function quoted(text)
  local escaped = text:gsub('[%c"\\]', function(sign)
    return string.format("\\u%04x", sign:byte())
  end)
  return '"' .. escaped .. '"'
end

local function ask(req, password)
  -- Not in script_init: before the first login Dovecot has nothing yet that a client could run on.
  client = client or dovecot.http.client({ request_timeout_msecs = timeout_ms, max_attempts = 1 })
  local http = client:request({ url = url, method = "POST" })
  http:add_header("Authorization", "Bearer " .. token)
  http:add_header("Content-Type", "application/json")
  http:set_payload(string.format(
    '{"user":%s,"password":%s,"protocol":%s,"address":%s,"tls":%s}',
    quoted(req.user or ""), quoted(password), quoted(req.service or ""), quoted(req.rip or ""),
    req.secured == "secured" and "true" or "false"
  ))
  return http:submit()
end

-- An outage is a temporary failure: never a way in, and never "wrong password".
local function outage(why)
  return dovecot.auth.PASSDB_RESULT_INTERNAL_FAILURE, "Postern: " .. why
end

function auth_password_verify(req, password)
  -- Postern is asking whether an ordinary password is right: the passdb below answers, or this would go in circles.
  if tostring(req.real_lport) == check_port then
    return dovecot.auth.PASSDB_RESULT_NEXT, ""
  end
  local asked, answer = pcall(ask, req, password)
  if not asked then
    return outage("no answer")
  end
  if answer:status() ~= 200 then
    return outage("status " .. answer:status())
  end
  local body = answer:payload()
  local result = body:match('^{"result":"(%a+)"')
  if result == "accepted" then
    -- The account whose app password it is, however its name was typed.
    local account = body:match('"account":"([^"\\]+)"')
    if account == nil then
      return outage("an answer without an account")
    end
    return dovecot.auth.PASSDB_RESULT_OK, req.user:find("@") and { user = account } or {}
  elseif result == "forward" then
    return dovecot.auth.PASSDB_RESULT_NEXT, ""
  elseif result == "refused" then
    -- Dovecot 2.3 passes no words on with a refusal: they stand in its log, for whoever is asked why.
    req:log_info("Postern: " .. (body:match('"message":"([^"\\]*)"') or "refused"))
    return dovecot.auth.PASSDB_RESULT_PASSWORD_MISMATCH, ""
  end
  return outage("an answer that cannot be understood")
end

-- Mechanisms that never show the password (CRAM-MD5, SCRAM) would go past Postern: nothing is looked up for them.
function auth_passdb_lookup(req)
  return outage("only PLAIN and LOGIN can be used")
end
