# bash completion for caf-remote
#
# Commands and options come from the program's own help pages.

_caf_remote() {
  local program=$1 word=$2
  local page valued command= option= awaiting= i x
  COMPREPLY=()
  page=$("$program" help 2>/dev/null)
  valued=$(sed -nE 's/^  (--[a-z-]+)=.*/\1/p' <<<"$page")
  # Finds the command, and the option whose value the cursor is in. For bash,
  # `=` and `:` and what stands after them are words of their own.
  for ((i = 1; i <= COMP_CWORD; ++i)); do
    x=${COMP_WORDS[i]}
    if ((i > 1)) && [[ $x =~ ^[=:]+$ || ${COMP_WORDS[i - 1]} =~ ^[=:]+$ ]]; then
      # goes on what the words before have begun
      option=${option:-$awaiting}
      awaiting=
    elif [[ -n $awaiting ]]; then
      option=$awaiting
      awaiting=
    else
      option=
      if [[ $x != -* ]]; then
        ((i < COMP_CWORD)) && command=${command:-$x}
      elif grep -qxFe "$x" <<<"$valued"; then
        awaiting=$x
      fi
    fi
  done
  if [[ $word =~ ^[=:]+$ ]]; then
    word=
  fi
  case $option in
    --proto-file) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --proto-path) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
    --host | --advertised-host) mapfile -t COMPREPLY < <(compgen -A hostname -- "$word") ;;
    '')
      if [[ $word == -* ]]; then
        page=$("$program" help ${command:+"$command"} 2>/dev/null)
        mapfile -t COMPREPLY < <(compgen -W \
          "$(sed -nE 's/^  (--[a-z-]+).*/\1/p' <<<"$page")" -- "$word")
      elif [[ -z $command || $command == help ]]; then
        mapfile -t COMPREPLY < <(compgen -W \
          "$(sed -nE 's/^  ([a-z]+)( .*)?$/\1/p' <<<"$page")" -- "$word")
      fi
      ;;
  esac
}

complete -F _caf_remote caf-remote
