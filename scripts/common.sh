# shellcheck shell=bash
# Functions shared by the scripts in this folder; sourced, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
build=$root/build

# Prints the comment at the top of the script that runs, and ends it.
usage() {
  sed -n '2,/^[^#]/ { /^#/!d; s/^# \{0,1\}//; p }' "$0"
  exit 0
}

# All scripts know --help; what follows a -- is for others.
for arg; do
  case $arg in
    --) break ;;
    -h | --help) usage ;;
  esac
done
unset arg

# Prints one line and ends the script.
die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Continuous integration may not leave anything out.
is_ci() {
  [[ -n ${CI:-} && ${CI:-} != false ]]
}

# Prints a Go compiler that is new enough, or fails.
find_go() {
  local candidate
  while read -r candidate; do
    if [[ -x $candidate ]] && (
      # Elsewhere, a go.mod could ask for another version.
      cd / && [[ $(GOTOOLCHAIN=local "$candidate" version 2>/dev/null) =~ go([0-9]+)\.([0-9]+) ]] \
        && ((BASH_REMATCH[1] > 1 || BASH_REMATCH[2] >= 21))
    ); then
      printf '%s\n' "$candidate"
      return 0
    fi
  done < <(
    type -ap go || true
    printf '%s\n' /usr/local/go/bin/go
    printf '%s\n' /usr/lib/go-*/bin/go | sort -rV
  )
  return 1
}

# How many compilers run at once: CAF_REMOTE_JOBS, or one per core if there is
# enough memory.
jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable:/ { print int($2 / 1024 / 1024 / 1.2) }' /proc/meminfo)
  ((memory >= 1)) || memory=1
  printf '%s\n' "${CAF_REMOTE_JOBS:-$((cores < memory ? cores : memory))}"
}

# Configures a preset and builds targets of it (everything by default).
configure_and_build() {
  local preset=$1 log=$build/$1-configure.log
  shift
  mkdir -p "$build"
  printf 'Configuring %s\n' "$preset"
  if ! cmake --preset "$preset" -S "$root" >"$log" 2>&1; then
    cat "$log" >&2
    die "cannot configure the preset '$preset', see above"
  fi
  printf 'Building %s\n' "$preset"
  cmake --build "$build/$preset" --parallel "$(jobs)" "$@" \
    || die "cannot build the preset '$preset', see above"
}
