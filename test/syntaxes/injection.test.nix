# SYNTAX TEST "source.nix" "sizes and directives on top of any grammar of Nix"
{
  microvm.volumes = [ {
# ^^^^^^^^^^^^^^^ entity.other.attribute-name.nix
    size = 2048;
#   ^^^^ source.nix entity.other.attribute-name.nix
#          ^^^^ source.nix constant.numeric.mebibytes.microvm-lens
    size=2048;
#        ^^^^ constant.numeric.mebibytes.microvm-lens
    font.size = 12;
#               ^^ constant.numeric.nix - constant.numeric.mebibytes.microvm-lens
    grid-size = 12;
#               ^^ constant.numeric.nix - constant.numeric.mebibytes.microvm-lens
    size = 4 * 1024;
#          ^ constant.numeric.nix - constant.numeric.mebibytes.microvm-lens
    " size = 2048; "
#            ^^^^ string.quoted.double.nix - constant.numeric.mebibytes.microvm-lens
    1 # microvm-lens: allow image-missing made by another unit
#       ^^^^^^^^^^^^^ comment.line.number-sign.nix keyword.other.directive.microvm-lens
#                     ^^^^^ keyword.control.directive.microvm-lens
#                           ^^^^^^^^^^^^^ entity.name.tag.rule.microvm-lens
#                                         ^^^^ comment.line.number-sign.nix - entity.name.tag.rule.microvm-lens
    1 # size = 2048; is said in a comment
#              ^^^^ comment.line.number-sign.nix - constant.numeric.mebibytes.microvm-lens
    microvm-lens: allow image-missing
#   ^^^^^^^^^^^^^ - keyword.other.directive.microvm-lens
  } ];
}
