/** `verona completions SHELL`: a script that asks `verona __complete` at every Tab. console.md 3.7. */
import { EXIT } from "../exit.ts";
import { say, sayJson } from "../output.ts";

export type Shell = keyof typeof SCRIPTS;

export function completions(shell: Shell, json: boolean): number {
  if (json) sayJson({ shell, script: SCRIPTS[shell] });
  else say(SCRIPTS[shell].trimEnd());
  return EXIT.good;
}

/** Bash hands over the line: it cuts words at `:` and `=`, and puts back only the last part of one ($2). */
const BASH = `# Completion of verona for bash. In ~/.bashrc: source <(verona completions bash)
_verona() {
  local line=\${COMP_LINE:0:COMP_POINT} value about word kept
  word=\${line##*[[:space:]]}
  kept=\${word%"$2"}
  COMPREPLY=()
  while IFS=$'\\t' read -r value about; do
    if [[ $value == :files ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "$2")
    elif [[ $value == "$word"* ]]; then
      COMPREPLY+=("\${value#"$kept"}")
    fi
  done < <(verona __complete line "$line" 2>/dev/null)
  if [[ \${#COMPREPLY[@]} -gt 0 && \${COMPREPLY[0]} == *[:=] ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -F _verona verona
`;

const ZSH = `#compdef verona
# Completion of verona for zsh. In ~/.zshrc, after compinit: source <(verona completions zsh)
_verona() {
  local value about
  local -a values shown open openshown
  while IFS=$'\\t' read -r value about; do
    if [[ $value == :files ]]; then
      _files
      return
    elif [[ $value == *[:=] ]]; then
      open+=("$value")
      openshown+=("$value\${about:+  -- $about}")
    else
      values+=("$value")
      shown+=("$value\${about:+  -- $about}")
    fi
  done < <(verona __complete words "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)
  (( $#values )) && compadd -l -d shown -- "\${values[@]}"
  (( $#open )) && compadd -S '' -l -d openshown -- "\${open[@]}"
}
if [[ $funcstack[1] == _verona ]]; then _verona "$@"; else compdef _verona verona; fi
`;

const FISH =
  `# Completion of verona for fish: verona completions fish > ~/.config/fish/completions/verona.fish
function __verona_complete
    set -l words (commandline -opc)
    set -e words[1]
    set -l current (commandline -ct)
    for line in (verona __complete words $words "$current" 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path "$current"
        else
            printf '%s\\n' $line
        end
    end
end
complete -c verona -f -a '(__verona_complete)'
`;

const SCRIPTS = { bash: BASH, zsh: ZSH, fish: FISH } as const;
