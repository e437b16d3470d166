-- Run by neovim.client.test.ts in Neovim 0.7 or later: starts the server as docs/editors.md says, does what a user would
-- do, and writes what happened as JSON. Waits for events, never for a time.
local job = vim.json.decode(table.concat(vim.fn.readfile(vim.env.MICROVM_LENS_JOB), "\n"))
local result = {}
local patience = 60000

local function finish(problem)
  result.problem = problem
  vim.fn.writefile({ vim.json.encode(result) }, job.result)
  vim.cmd("qall!")
end

local function main()
  -- What docs/editors.md tells users to write.
  dofile(job.snippet)
  vim.cmd("edit " .. vim.fn.fnameescape(job.file))
  vim.bo.filetype = "nix"
  local buffer = vim.api.nvim_get_current_buf()
  local function client()
    if not vim.lsp.get_clients then return (next(vim.lsp.buf_get_clients(buffer))) end
    local first = vim.lsp.get_clients({ bufnr = buffer })[1]
    return first and first.id
  end
  if not vim.wait(patience, function() return client() ~= nil end, 20) then return finish("no client") end
  local client_id = client()

  local function diagnostics()
    return vim.diagnostic.get(buffer)
  end
  if not vim.wait(patience, function() return #diagnostics() > 0 end, 20) then
    return finish("no diagnostics")
  end
  local function code_of(diagnostic)
    return diagnostic.code or (diagnostic.user_data and diagnostic.user_data.lsp and diagnostic.user_data.lsp.code)
  end
  local first = diagnostics()[1]
  local code = code_of(first)
  result.diagnostics = vim.tbl_map(function(diagnostic) return diagnostic.message end, diagnostics())
  result.underlined = vim.api.nvim_buf_get_text(buffer, first.lnum, first.col, first.end_lnum, first.end_col, {})[1]

  local function ask(method, params)
    local answers, problem = vim.lsp.buf_request_sync(buffer, method, params, patience)
    if not answers then error(method .. ": " .. tostring(problem)) end
    local answer = answers[client_id] or {}
    if answer.error then error(method .. ": " .. vim.inspect(answer.error)) end
    return answer.result
  end
  local document = { uri = vim.uri_from_bufnr(buffer) }
  local at = { line = first.lnum, character = first.col }
  result.hover = ask("textDocument/hover", { textDocument = document, position = at }).contents.value

  local actions = ask("textDocument/codeAction", {
    textDocument = document,
    range = { start = at, ["end"] = at },
    context = { diagnostics = {} },
  })
  result.actions = vim.tbl_map(function(action) return action.title end, actions)
  for _, action in ipairs(actions) do
    if action.title:find(job.fix) then
      if not action.edit then action = ask("codeAction/resolve", action) end
      local encoding = vim.lsp.get_client_by_id(client_id).offset_encoding or "utf-16"
      vim.lsp.util.apply_workspace_edit(action.edit, encoding)
      vim.cmd("wall")
    end
  end

  -- The fix makes its own diagnostic go away.
  result.gone = vim.wait(patience, function()
    for _, diagnostic in ipairs(diagnostics()) do
      if code_of(diagnostic) == code then return false end
    end
    return true
  end, 20)
  vim.lsp.stop_client(client_id)
  vim.wait(patience, function() return vim.lsp.get_client_by_id(client_id) == nil or vim.lsp.get_client_by_id(client_id).is_stopped() end, 20)
  finish(nil)
end

local fine, problem = pcall(main)
if not fine then finish(tostring(problem)) end
