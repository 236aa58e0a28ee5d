# Debian packages, in one place: what building needs, and what testing needs besides.  Sourced by demo.sh and test.sh.
build_packages="cmake ninja-build gcc libc6-dev pkg-config zlib1g-dev libyaml-dev libhts-dev libtiff-dev
  libxml2-dev libhdf5-dev"
test_packages="$build_packages clang libclang-rt-14-dev libcmocka-dev valgrind locales ca-certificates
  gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user"

# need PACKAGE...: installs what is missing, as root or through sudo; without either, says what to run.
need() {
    local missing=() package
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    local become=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo > /dev/null; then
            echo "These packages are missing; run this as root, then try again:" >&2
            echo "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
            exit 1
        fi
        become=(sudo)
    fi
    echo "installing ${missing[*]}"
    "${become[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    "${become[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
        > /dev/null
}
