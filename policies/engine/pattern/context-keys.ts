/** The context keys a document asks about: keys of conditions, and variables in resources and condition values. */
import type { PolicyDocument, Text } from '../syntax/ast.ts';
import { FindingList } from '../syntax/findings.ts';
import { parseTemplate } from './template.ts';

/** Lower-case key to the spelling of its first appearance, in document order. */
export function contextKeyNames(document: PolicyDocument): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const note = (name: string) => {
    const key = name.toLowerCase();
    if (!names.has(key)) names.set(key, name);
  };
  const variables = document.version === '2012-10-17';
  const noteVariables = (texts: readonly Text[]) => {
    if (variables) for (const text of texts) for (const name of variableNames(text)) note(name);
  };
  for (const { resource, conditions } of document.statements) {
    noteVariables(resource?.patterns ?? []);
    for (const { key, values } of conditions) {
      note(key.value);
      noteVariables(values);
    }
  }
  return names;
}

function variableNames(text: Text): string[] {
  if (!text.value.includes('${')) return [];
  const tokens = parseTemplate(text, { wildcards: false, variables: true }, new FindingList(''));
  return tokens.flatMap((token) => (token.type === 'variable' ? [token.name] : []));
}
