// Prints THIRD_PARTY.md: who wrote what is vendored for GraphiQL, and under which licence.
// Called by vendor-graphiql.sh with the node_modules folder that it vendored from. What is inside the
// GraphiQL bundle is read from its source map, so a new version cannot bring in something unnamed.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const modules = process.argv[2];
const read = (...path) => readFileSync(join(modules, ...path), 'utf8');

/** The packages of GraphiQL's own repository appear in the map by folder, all others by node_modules path. */
function packageOf(source) {
  const inModules = source.lastIndexOf('node_modules/');
  if (inModules >= 0) {
    const parts = source.slice(inModules + 'node_modules/'.length).split('/');
    return parts[0].startsWith('@') ? parts.slice(0, 2).join('/') : parts[0];
  }
  const folder = source.split('/').find((part) => part !== '..');
  return folder === 'src' ? 'graphiql' : folder.replace(/^graphiql-(react|toolkit|plugin-)/, '@graphiql/$1');
}

const bundled = JSON.parse(read('graphiql', 'graphiql.min.js.map')).sources.map(packageOf);
const explorer = ['@graphiql/plugin-explorer', 'graphiql-explorer'];
const direct = ['react', 'react-dom', 'scheduler', 'graphql-ws', ...explorer];
const names = [...new Set([...bundled, ...direct])].sort();

function describe(name) {
  const about = JSON.parse(read(name, 'package.json'));
  const file = readdirSync(join(modules, name)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? '' : read(name, file).replace(/\r/g, '');
  const author = typeof about.author === 'string' ? about.author : about.author?.name;
  const notice = text.split('\n').find((line) => /copyright.*(\(c\)|\d{4}|<http)/i.test(line))?.trim();
  return {
    name,
    licence: about.license,
    notice: (notice ?? (author && `by ${author}`) ?? 'its contributors').replace(/[<>]/g, ''),
    text: text.trim(),
  };
}

const packages = names.map(describe);
const byLicence = new Map();
for (const one of packages) byLicence.set(one.licence, [...(byLicence.get(one.licence) ?? []), one]);

/** The words of a licence without its title and copyright lines, which differ from package to package. */
const body = (text) => {
  const start = text.search(/^(Permission|Redistribution)/m);
  return start < 0 ? text : text.slice(start);
};

const fira = read('@fontsource', 'fira-code', 'LICENSE').replace(/\r/g, '').trim();

const out = [];
out.push('# Third-party files', '');
out.push('The program serves GraphiQL from `src/api/http/graphiql/`, where compiled files of these projects');
out.push('are kept, unchanged but for the removal of source-map references.');
out.push('Written by `scripts/vendor-graphiql.sh`.', '');
for (const [licence, members] of [...byLicence].sort(([a], [b]) => a.localeCompare(b))) {
  out.push(`## ${licence}`, '');
  for (const one of members) out.push(`- ${one.name}: ${one.notice}`);
  if (licence === 'Apache-2.0') out.push('', 'The text is in `LICENSE`.', '');
  else out.push('', '```text', body(members.find((one) => one.text !== '').text), '```', '');
}
out.push('## Fonts inside GraphiQL\'s style sheet', '');
out.push('- Roboto: Copyright 2011 Google Inc., under the Apache License 2.0 (the text is in `LICENSE`)');
out.push('- Fira Code, under the SIL Open Font License:', '', '```text', fira, '```');
console.log(out.join('\n'));
