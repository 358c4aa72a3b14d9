// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like template placeholders
/** Condition cells that compile but say something else than their author means (condition errors of 1.11). */
import { parseOperatorName } from '../condition/cell.ts';
import type { ConditionElement, PolicyDocument, Statement } from '../syntax/ast.ts';
import type { FindingList } from '../syntax/findings.ts';
import { contains, parseAddress, parseRange } from '../values/ip-range.ts';

/** Networks that never reach us as a source address from outside; a condition on them is a mistake or a hole. */
const PRIVATE_RANGES = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '127.0.0.0/8',
  '169.254.0.0/16',
  'fc00::/7',
].map((range) => parseRange(range)!);

export function checkConditions(document: PolicyDocument, findings: FindingList): void {
  for (const statement of document.statements) {
    for (const cell of statement.conditions) checkCell(cell, statement, findings);
    checkForAllValues(statement, findings);
  }
}

function checkCell(cell: ConditionElement, statement: Statement, findings: FindingList): void {
  const name = parseOperatorName(cell.operator.value);
  if (!name) return;
  const { operator, canonical, ifExists, form } = name;
  if (operator.operand === 'null' && (ifExists || cell.operator.value.includes(':'))) {
    findings.error(
      'null-qualified',
      cell.operator,
      `operator ${cell.operator.value} means the same as Null`,
      'write Null',
    );
  } else if (cell.operator.value !== canonical) {
    findings.add(
      'warning',
      'operator-case',
      cell.operator,
      `operator "${cell.operator.value}" is written ${canonical}`,
    );
  }
  if ((operator.operand === 'bool' || operator.operand === 'null') && cell.values.length > 1) {
    findings.error('several-booleans', cell, `operator ${operator.name} has more than one value for one key`);
  }
  if (cell.values.length === 0) findings.add('suggestion', 'empty-list', cell, 'condition key has no values');
  for (const value of cell.values) {
    const exactText = operator.name.startsWith('String') && !operator.name.includes('Like');
    if (exactText && /[*?]/.test(value.value.replaceAll(/\$\{[^}]*\}/g, ''))) {
      const hint = 'use StringLike, or ${*} if you mean the character';
      findings.add(
        'warning',
        'wildcard-without-like',
        value,
        `operator ${operator.name} takes "${value.value}" literally`,
        hint,
      );
    }
    if (operator.operand === 'ip') checkRange(value.value, cell, findings);
  }
  if (/\/$/.test(cell.key.value))
    findings.error('missing-tag-key', cell.key, `condition key "${cell.key.value}" names no tag`);
  checkMultiFactor(cell, statement, form === 'plain' && ifExists, findings);
}

function checkRange(text: string, cell: ConditionElement, findings: FindingList): void {
  const range = parseRange(text);
  const value = cell.values.find((candidate) => candidate.value === text);
  if (!range || !value) return;
  const base = parseAddress(text.split('/')[0] ?? '');
  if (base?.words.some((word, index) => word !== range.words[index])) {
    findings.add('suggestion', 'cidr-base', value, `range "${text}" does not begin at its own first address`);
  }
  const isSource = cell.key.value.toLowerCase() === 'aws:sourceip';
  if (isSource && base && PRIVATE_RANGES.some((known) => contains(known, base) && range.prefix >= known.prefix)) {
    const hint = 'inside a private network use aws:VpcSourceIp';
    findings.add('warning', 'private-source-ip', value, `range "${text}" is private`, hint);
  }
}

/** The most copied mistake: a condition on MFA that long-term keys, which carry no such key, get around (1.7). */
function checkMultiFactor(
  cell: ConditionElement,
  statement: Statement,
  ifExists: boolean,
  findings: FindingList,
): void {
  if (cell.key.value.toLowerCase() !== 'aws:multifactorauthpresent') return;
  const wanted = cell.values.map((value) => value.value.toLowerCase());
  const isBool = parseOperatorName(cell.operator.value)?.operator.operand === 'bool';
  if (!isBool) return;
  if (statement.effect === 'Deny' && wanted.includes('false') && !ifExists) {
    const hint = 'use BoolIfExists';
    findings.add(
      'security-warning',
      'mfa-bypass',
      cell,
      'Deny does not apply to long-term keys, which carry no MFA key',
      hint,
    );
  }
  if (statement.effect === 'Allow' && wanted.includes('true') && ifExists) {
    findings.add('security-warning', 'mfa-bypass', cell, 'Allow applies to long-term keys without MFA', 'use Bool');
  }
}

/** ForAllValues holds for a request that sends nothing, so with Allow the presence must be demanded as well (1.7). */
function checkForAllValues(statement: Statement, findings: FindingList): void {
  if (statement.effect !== 'Allow') return;
  const demanded = new Set(
    statement.conditions
      .filter(
        (cell) =>
          cell.operator.value.toLowerCase() === 'null' && cell.values.every((value) => /^false$/i.test(value.value)),
      )
      .map((cell) => cell.key.value.toLowerCase()),
  );
  for (const cell of statement.conditions) {
    const name = parseOperatorName(cell.operator.value);
    if (name?.form !== 'all' || demanded.has(cell.key.value.toLowerCase())) continue;
    const hint = `add "Null": {"${cell.key.value}": "false"}`;
    findings.add(
      'security-warning',
      'for-all-values-allow',
      cell,
      'ForAllValues with Allow also holds when the key is absent',
      hint,
    );
  }
}
