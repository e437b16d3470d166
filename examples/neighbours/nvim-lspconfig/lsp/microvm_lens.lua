---@brief
---
--- https://github.com/microvm-lens/microvm-lens
---
--- Volumes of microvm.nix: what the flake declares, what is on disk, and what the next start of each guest will do.
--- It says nothing about Nix in general, and goes beside `nil_ls` or `nixd`.
---
--- It can be installed with `npm install --global microvm-lens`, or with Nix from the flake of its repository.

---@type vim.lsp.Config
return {
  cmd = { 'microvm-lens', 'lsp', '--stdio' },
  filetypes = { 'nix' },
  root_markers = { 'flake.nix', '.git' },
  init_options = {
    inlayHints = { enable = true },
  },
}
