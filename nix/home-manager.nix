# Home Manager: `programs.microvm-lens = { enable = true; vscode.enable = true; neovim.enable = true; };`
{ packagesFor }:
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.programs.microvm-lens;
  server = "${lib.getExe cfg.package}";
in
{
  options.programs.microvm-lens = {
    enable = lib.mkEnableOption "the command line of MicroVM Lens";
    package = lib.mkOption {
      type = lib.types.package;
      default = (packagesFor pkgs).microvm-lens;
      defaultText = lib.literalExpression "microvm-lens of the flake";
      description = "The package with the command line and the language server.";
    };
    vscode = {
      enable = lib.mkEnableOption "the extension in VS Code, as `programs.vscode` sets it up";
      package = lib.mkOption {
        type = lib.types.package;
        default = (packagesFor pkgs).vscode-extension;
        defaultText = lib.literalExpression "vscode-extension of the flake";
        description = "The package with the extension.";
      };
    };
    neovim.enable = lib.mkEnableOption "the language server in Neovim 0.11 or newer, as `programs.neovim` sets it up";
  };

  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      { home.packages = [ cfg.package ]; }
      (lib.mkIf cfg.vscode.enable { programs.vscode.profiles.default.extensions = [ cfg.vscode.package ]; })
      (lib.mkIf cfg.neovim.enable {
        programs.neovim.extraLuaConfig = ''
          vim.lsp.config('microvm_lens', {
            cmd = { '${server}', 'lsp', '--stdio' },
            filetypes = { 'nix' },
            root_markers = { 'flake.nix', '.git' },
          })
          vim.lsp.enable('microvm_lens')
        '';
      })
    ]
  );
}
