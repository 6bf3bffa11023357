# bash completion for caf-remote
#
# Commands and options come from the program's own help pages.

_caf_remote() {
  local program=$1 word=$2 before=$3 command= page
  local i
  COMPREPLY=()
  # What stands after `=` is a word of its own for bash.
  if [[ $word == = ]]; then
    word=
  elif [[ $before == = && $COMP_CWORD -gt 1 ]]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case ${COMP_WORDS[i]} in
      -* | =) ;;
      *)
        command=${COMP_WORDS[i]}
        break
        ;;
    esac
  done
  case $before in
    --proto-file) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --proto-path) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
    --host | --advertised-host) mapfile -t COMPREPLY < <(compgen -A hostname -- "$word") ;;
    --port | --advertised-port | --max-retry-count | --retry-wait | --timeout | --header) ;;
    *)
      if [[ $word == -* ]]; then
        page=$("$program" help ${command:+"$command"} 2>/dev/null)
        mapfile -t COMPREPLY < <(compgen -W \
          "$(sed -nE 's/^  (--[a-z-]+).*/\1/p' <<<"$page")" -- "$word")
      elif [[ -z $command || $command == help ]]; then
        page=$("$program" help 2>/dev/null)
        mapfile -t COMPREPLY < <(compgen -W \
          "$(sed -nE 's/^  ([a-z]+)( .*)?$/\1/p' <<<"$page")" -- "$word")
      fi
      ;;
  esac
}

complete -F _caf_remote caf-remote
