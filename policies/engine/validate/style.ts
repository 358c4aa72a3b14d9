// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like template placeholders
/** Version, emptiness and redundancy (warnings and suggestions of iam.md 1.11). */
import { canonicalAction } from '../pattern/action-pattern.ts';
import type { PatternElement, PolicyDocument, Statement, Text } from '../syntax/ast.ts';
import type { FindingList } from '../syntax/findings.ts';
import { covers } from './glob-relations.ts';

/** Comparison is quadratic, so long lists are left alone: a limit on work, not on documents. */
const MAX_COMPARED = 100;

export function checkStyle(document: PolicyDocument, findings: FindingList): void {
  checkVersion(document, findings);
  for (const statement of document.statements) {
    checkElement(statement.action, 'action', canonicalAction, findings);
    if (statement.resource) checkElement(statement.resource, 'resource', (text) => text, findings);
    for (const pattern of statement.action.patterns) {
      if (pattern.value === '*:*')
        findings.add('suggestion', 'wildcard-in-service', pattern, 'action "*:*" is written "*"');
    }
  }
  checkRepeatedStatements(document.statements, findings);
}

function checkVersion(document: PolicyDocument, findings: FindingList): void {
  if (document.version === '2012-10-17') return;
  const place = document.versionPlace ?? document;
  const code = document.versionPlace ? 'old-version' : 'missing-version';
  const message = document.versionPlace ? 'Version is outdated' : 'Version is missing and counts as 2008-10-17';
  const inert = firstVariable(document);
  findings.add('warning', code, place, message, 'write "Version": "2012-10-17"');
  if (inert)
    findings.add('warning', 'inert-variable', inert, `"${inert.value}" is literal text under version 2008-10-17`);
}

function firstVariable({ statements }: PolicyDocument): Text | undefined {
  const texts = statements.flatMap(({ resource, conditions }) => [
    ...(resource?.patterns ?? []),
    ...conditions.flatMap((cell) => cell.values),
  ]);
  return texts.find((text) => text.value.includes('${'));
}

function checkElement(
  { negated, patterns, ...place }: PatternElement,
  noun: string,
  normalise: (text: string) => string,
  findings: FindingList,
): void {
  if (patterns.length === 0) {
    const effect = negated ? 'matches everything' : 'matches nothing';
    findings.add(negated ? 'warning' : 'suggestion', 'empty-list', place, `list of ${noun}s is empty and ${effect}`);
  }
  if (patterns.length > MAX_COMPARED) return;
  const forms = patterns.map((pattern) => normalise(pattern.value));
  for (const [index, pattern] of patterns.entries()) {
    const wider = forms.findIndex(
      (form, other) => other !== index && covers(form, forms[index]!) && (form !== forms[index] || other < index),
    );
    if (wider < 0) continue;
    findings.add(
      'suggestion',
      `redundant-${noun}`,
      pattern,
      `${noun} "${pattern.value}" is covered by "${patterns[wider]!.value}"`,
    );
  }
}

/** Statements that say the same, apart from their Sid. */
function checkRepeatedStatements(statements: readonly Statement[], findings: FindingList): void {
  const seen = new Map<string, number>();
  for (const statement of statements) {
    const { effect, principal, action, resource, conditions } = statement;
    const texts = (element: PatternElement | undefined) =>
      element && [element.negated, element.patterns.map((text) => text.value)];
    const content = JSON.stringify([
      effect,
      principal && [principal.negated, principal.names.map((name) => [name.type, name.value])],
      texts(action),
      texts(resource),
      conditions.map((cell) => [cell.operator.value, cell.key.value, cell.values.map((text) => text.value)]),
    ]);
    const before = seen.get(content);
    if (before === undefined) seen.set(content, statement.index);
    else findings.add('suggestion', 'redundant-statement', statement, `statement repeats statement ${before}`);
  }
}
