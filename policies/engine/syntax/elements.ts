/** Reads the elements of one statement; which are required or refused depends on the policy kind (iam.md 1.2). */
import type { PolicyKind } from '../model.ts';
import type { ConditionElement, PatternElement, PrincipalElement, PrincipalName, PrincipalType, Text } from './ast.ts';
import type { FindingList, Place } from './findings.ts';
import { type JsonMember, type JsonNode, type JsonObject, memberNamed, readText } from './json-reader.ts';

const PRINCIPAL_TYPES: ReadonlySet<string> = new Set(['AWS', 'Service', 'Federated', 'CanonicalUser']);
const KINDS_WITH_PRINCIPAL: ReadonlySet<PolicyKind> = new Set(['resource', 'trust', 'rcp', 'endpoint']);
/** Default key policies of AWS carry a Sid with spaces, so only IAM's and the organization's kinds are strict. */
const KINDS_WITH_STRICT_SID: ReadonlySet<PolicyKind> = new Set(['identity', 'boundary', 'session', 'scp', 'rcp']);
const STRICT_SID = /^[0-9A-Za-z]*$/;

/** Sid of the statement, if it has one. */
export function readSid(node: JsonObject, kind: PolicyKind, findings: FindingList): Text | undefined {
  const member = memberNamed(node, 'Sid');
  if (!member) return undefined;
  const sid = readText(member.value, 'Sid', findings);
  if (sid && KINDS_WITH_STRICT_SID.has(kind) && !STRICT_SID.test(sid.value)) {
    findings.error('bad-sid', sid, 'Sid has characters other than letters and digits');
  }
  return sid;
}

/** Action or NotAction: exactly one of them must be present. */
export function readActions(node: JsonObject, findings: FindingList): PatternElement {
  const member = eitherMember(node, 'Action', 'NotAction', findings);
  if (!member) {
    findings.error('missing-action', node, 'statement has neither Action nor NotAction');
    return { negated: false, patterns: [], pointer: node.pointer, offset: node.offset };
  }
  return patternElement(member, findings);
}

/** Resource or NotResource: required, except in a trust policy, where it is refused. */
export function readResources(node: JsonObject, kind: PolicyKind, findings: FindingList): PatternElement | undefined {
  const member = eitherMember(node, 'Resource', 'NotResource', findings);
  if (kind === 'trust') {
    if (member) findings.error('resource-forbidden', member, `${member.name} is not permitted in a trust policy`);
    return undefined;
  }
  if (!member) {
    findings.error('missing-resource', node, 'statement has neither Resource nor NotResource');
    return undefined;
  }
  return patternElement(member, findings);
}

/** Principal or NotPrincipal; its absence from a resource policy is legal and means "never matches" (iam.md 1.2). */
export function readPrincipal(node: JsonObject, kind: PolicyKind, findings: FindingList): PrincipalElement | undefined {
  const member = eitherMember(node, 'Principal', 'NotPrincipal', findings);
  if (!KINDS_WITH_PRINCIPAL.has(kind)) {
    if (member)
      findings.error('principal-forbidden', member, `${member.name} is not permitted in a policy of kind ${kind}`);
    return undefined;
  }
  if (!member) {
    if (kind === 'resource') {
      findings.add('warning', 'missing-principal', node, 'statement has no Principal and never matches');
    } else {
      findings.error('missing-principal', node, 'statement has no Principal');
    }
    return undefined;
  }
  const negated = member.name === 'NotPrincipal';
  const place = { pointer: member.pointer, offset: member.offset };
  const { value } = member;
  if (value.type === 'string') {
    if (value.text !== '*') {
      const hint = 'write "*" or an object such as {"AWS": "arn:..."}';
      findings.error('bad-principal', value, `${member.name} is a string other than "*"`, hint);
    }
    return { negated, bareStar: true, names: [{ ...textOf(value), type: 'AWS' }], ...place };
  }
  if (value.type !== 'object') {
    findings.error('wrong-type', value, `${member.name} is neither "*" nor an object`);
    return { negated, bareStar: false, names: [], ...place };
  }
  return { negated, bareStar: false, names: value.members.flatMap((part) => principalNames(part, findings)), ...place };
}

function principalNames(member: JsonMember, findings: FindingList): PrincipalName[] {
  if (!PRINCIPAL_TYPES.has(member.name)) {
    const hint = `known types: ${[...PRINCIPAL_TYPES].join(', ')}`;
    findings.error('bad-principal', member, `principal type "${member.name}" is unknown`, hint);
    return [];
  }
  return textList(member.value, 'principal', findings).map((name) => ({ ...name, type: member.name as PrincipalType }));
}

/** Condition cells in document order; keys that differ only in letter case under one operator are refused. */
export function readConditions(node: JsonObject, findings: FindingList): ConditionElement[] {
  const member = memberNamed(node, 'Condition');
  if (!member) return [];
  if (member.value.type !== 'object') {
    findings.error('wrong-type', member.value, 'Condition is not an object');
    return [];
  }
  return member.value.members.flatMap((operator) => conditionCells(operator, findings));
}

function conditionCells(operator: JsonMember, findings: FindingList): ConditionElement[] {
  if (operator.value.type !== 'object') {
    findings.error('wrong-type', operator.value, `value of operator ${operator.name} is not an object of keys`);
    return [];
  }
  const seen = new Map<string, string>();
  return operator.value.members.map((key) => {
    const before = seen.get(key.name.toLowerCase());
    if (before !== undefined && before !== key.name) {
      findings.error('duplicate-key', key, `condition key "${key.name}" repeats "${before}" in another letter case`);
    }
    seen.set(key.name.toLowerCase(), key.name);
    return {
      operator: nameOf(operator),
      key: nameOf(key),
      values: conditionValues(key.value, findings),
      pointer: key.pointer,
      offset: key.offset,
    };
  });
}

/** Numbers and Booleans without quotes are accepted and keep their source text. */
function conditionValues(node: JsonNode, findings: FindingList): Text[] {
  const nodes = node.type === 'array' ? node.items : [node];
  return nodes.flatMap((item) => {
    if (item.type === 'string' || item.type === 'number' || item.type === 'boolean') return [textOf(item)];
    findings.error('wrong-type', item, 'condition value is not a string, number or Boolean');
    return [];
  });
}

function eitherMember(node: JsonObject, plain: string, negated: string, findings: FindingList): JsonMember | undefined {
  const first = memberNamed(node, plain);
  const second = memberNamed(node, negated);
  if (first && second) findings.error('exclusive-elements', second, `statement has both ${plain} and ${negated}`);
  return first ?? second;
}

function patternElement(member: JsonMember, findings: FindingList): PatternElement {
  const place = { pointer: member.pointer, offset: member.offset };
  return { negated: member.name.startsWith('Not'), patterns: textList(member.value, member.name, findings), ...place };
}

function textList(node: JsonNode, what: string, findings: FindingList): Text[] {
  const nodes = node.type === 'array' ? node.items : [node];
  return nodes.flatMap((item) => readText(item, what, findings) ?? []);
}

function textOf(node: Place & { readonly text: string }): Text {
  return { value: node.text, pointer: node.pointer, offset: node.offset };
}

function nameOf(member: JsonMember): Text {
  return { value: member.name, pointer: member.pointer, offset: member.offset };
}
