#!/usr/bin/env bash
# Rebuilds what GraphiQL is served from, so that the page needs no network but ours.
#
#   scripts/vendor-graphiql.sh         fetch the pinned npm packages, vendor their files, write THIRD_PARTY.md
#   scripts/vendor-graphiql.sh stamp   only rename our own files after an edit (no network)
#
# Every asset is called <name>.<first 8 hex digits of the SHA-256 of its content>.<ending>, so it may be
# cached for ever; packages are stored as gzip -9 and served so. The names in index.html and in the Rust files
# of src/api/http follow. To add a file of a package: pin the package in PACKAGES, add a `vendor` line, and
# reference it in index.html as <name>.00000000.<ending>.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

ASSETS=src/api/http/graphiql
PACKAGES=(
  graphiql@4.1.2
  @graphiql/plugin-explorer@4.0.6
  @graphiql/react@0.34.1
  graphql@16.15.0
  graphql-ws@6.4.2
  react@18.3.1
  react-dom@18.3.1
  # Only for the texts of their licences, which the packages above do not bring along.
  @fontsource/fira-code@5.2.6
  @radix-ui/react-use-escape-keydown@1.1.1
  @react-aria/focus@3.20.2
)

hash_of() { sha256sum "$1" | cut -c1-8; }

# Points every reference to <name>.<any hash>.<ending> at the given hash.
rename_references() { # name ending hash
  local file
  for file in "$ASSETS"/index.html "$ASSETS"/*.rs src/api/http/*.rs; do
    [[ -f $file ]] && sed -i -E "s/\b${1//./\\.}\.[0-9a-f]{8}\.${2//./\\.}\b/$1.$3.$2/g" "$file"
  done
  return 0
}

vendor() { # file name ending
  local plain hash
  plain=$(mktemp -p "$work")
  # The source maps stay behind, and so does the line that would make a browser ask for them.
  sed '/^\/\/# sourceMappingURL=/d' "$work/node_modules/$1" >"$plain"
  hash=$(hash_of "$plain")
  rm -f "$ASSETS/$2".????????."$3.gz"
  gzip -9nc "$plain" >"$ASSETS/$2.$hash.$3.gz"
  rename_references "$2" "$3" "$hash"
}

stamp() { # name ending
  local found hash
  found=("$ASSETS/$1".????????."$2")
  if [[ ${#found[@]} -ne 1 || ! -f ${found[0]} ]]; then
    echo "vendor-graphiql: expected exactly one $ASSETS/$1.<hash>.$2" >&2
    exit 1
  fi
  hash=$(hash_of "${found[0]}")
  [[ ${found[0]} == "$ASSETS/$1.$hash.$2" ]] || mv "${found[0]}" "$ASSETS/$1.$hash.$2"
  rename_references "$1" "$2" "$hash"
}

fetch_and_vendor() {
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  echo '{ "private": true }' >"$work/package.json"
  # Nothing of the packages is run; --legacy-peer-deps keeps npm from adding packages that are not vendored.
  npm install --prefix "$work" --ignore-scripts --legacy-peer-deps --no-audit --no-fund --silent \
    "${PACKAGES[@]}"

  vendor react/umd/react.production.min.js react min.js
  vendor react-dom/umd/react-dom.production.min.js react-dom min.js
  vendor graphql-ws/umd/graphql-ws.min.js graphql-ws min.js
  vendor graphiql/graphiql.min.js graphiql min.js
  vendor graphiql/graphiql.min.css graphiql min.css
  vendor @graphiql/plugin-explorer/dist/index.umd.js explorer min.js
  vendor @graphiql/plugin-explorer/dist/style.css explorer css
  node scripts/third-party.mjs "$work/node_modules" >THIRD_PARTY.md
}

case ${1:-all} in
  all) fetch_and_vendor ;;
  stamp) ;;
  *)
    echo "usage: scripts/vendor-graphiql.sh [stamp]" >&2
    exit 2
    ;;
esac
stamp start js
stamp examples js
stamp page css
ls "$ASSETS"
