/**
 * From JSON to the typed document (iam.md 1.2). Guarantees that a document which passes has a known version, known
 * elements of the right type, and for its kind exactly the elements that the kind demands and permits. Reports every
 * fault it finds, not only the first. What the strings mean (patterns, operators, operands) is not looked at here.
 */
import type { PolicyKind } from '../model.ts';
import type { PolicyDocument, Statement, Text } from './ast.ts';
import { readActions, readConditions, readPrincipal, readResources, readSid } from './elements.ts';
import type { FindingList } from './findings.ts';
import { type JsonNode, type JsonObject, memberNamed, readJson, readText } from './json-reader.ts';

const DOCUMENT_ELEMENTS = new Set(['Version', 'Id', 'Statement']);
const STATEMENT_ELEMENTS = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]);
const KINDS_WITHOUT_ID: ReadonlySet<PolicyKind> = new Set(['identity', 'boundary', 'session', 'scp', 'rcp']);

/** Reads a document of the given kind. Undefined when so much is wrong that no document remains. */
export function readDocument(text: string, kind: PolicyKind, findings: FindingList): PolicyDocument | undefined {
  const root = readJson(text, findings);
  if (!root) return undefined;
  if (root.type !== 'object') {
    findings.error('wrong-type', root, 'document is not an object');
    return undefined;
  }
  checkElementNames(root, DOCUMENT_ELEMENTS, findings);
  const version = readVersion(root, kind, findings);
  const id = readId(root, kind, findings);
  const statements = readStatements(root, kind, findings);
  checkSids(statements, findings);
  return { ...version, ...(id && { id }), statements, pointer: '', offset: root.offset };
}

function readVersion(
  root: JsonObject,
  kind: PolicyKind,
  findings: FindingList,
): Pick<PolicyDocument, 'version' | 'versionPlace'> {
  const member = memberNamed(root, 'Version');
  if (!member) {
    if (kind === 'rcp') findings.error('missing-version', root, 'resource control policy states no Version');
    return { version: '2008-10-17' };
  }
  const { value } = member;
  if (value.type !== 'string' || (value.text !== '2012-10-17' && value.text !== '2008-10-17')) {
    findings.error('bad-version', value, 'Version is neither "2012-10-17" nor "2008-10-17"');
    return { version: '2012-10-17', versionPlace: value };
  }
  if (kind === 'rcp' && value.text !== '2012-10-17') {
    findings.error('bad-version', value, 'Version of a resource control policy is not "2012-10-17"');
  }
  return { version: value.text, versionPlace: value };
}

function readId(root: JsonObject, kind: PolicyKind, findings: FindingList): Text | undefined {
  const member = memberNamed(root, 'Id');
  if (!member) return undefined;
  if (KINDS_WITHOUT_ID.has(kind))
    findings.error('unknown-element', member, `Id is not permitted in a policy of kind ${kind}`);
  return readText(member.value, 'Id', findings);
}

function readStatements(root: JsonObject, kind: PolicyKind, findings: FindingList): Statement[] {
  const member = memberNamed(root, 'Statement');
  if (!member) {
    findings.error('missing-statement', root, 'document has no Statement');
    return [];
  }
  const { value } = member;
  if (value.type === 'array' && value.items.length === 0) {
    findings.error('empty-statement', value, 'Statement is an empty list');
  }
  const nodes = value.type === 'array' ? value.items : [value];
  return nodes.flatMap((node, index) => readStatement(node, index, kind, findings) ?? []);
}

function readStatement(node: JsonNode, index: number, kind: PolicyKind, findings: FindingList): Statement | undefined {
  if (node.type !== 'object') {
    findings.error('wrong-type', node, 'statement is not an object');
    return undefined;
  }
  if (node.members.length === 0) {
    findings.error('empty-statement', node, 'statement is empty');
    return undefined;
  }
  checkElementNames(node, STATEMENT_ELEMENTS, findings);
  const effect = readEffect(node, findings);
  const sid = readSid(node, kind, findings);
  const principal = readPrincipal(node, kind, findings);
  const action = readActions(node, findings);
  const resource = readResources(node, kind, findings);
  const conditions = readConditions(node, findings);
  return {
    index,
    effect,
    action,
    conditions,
    ...(sid && { sid }),
    ...(principal && { principal }),
    ...(resource && { resource }),
    pointer: node.pointer,
    offset: node.offset,
    end: node.end,
  };
}

function readEffect(node: JsonObject, findings: FindingList): 'Allow' | 'Deny' {
  const member = memberNamed(node, 'Effect');
  if (!member) {
    findings.error('missing-effect', node, 'statement has no Effect');
    return 'Deny';
  }
  const { value } = member;
  if (value.type === 'string' && (value.text === 'Allow' || value.text === 'Deny')) return value.text;
  findings.error('bad-effect', value, 'Effect is neither "Allow" nor "Deny"', 'letter case counts');
  return 'Deny';
}

function checkSids(statements: readonly Statement[], findings: FindingList): void {
  const seen = new Set<string>();
  for (const { sid } of statements) {
    if (!sid || sid.value === '') continue;
    if (seen.has(sid.value)) findings.error('duplicate-sid', sid, `Sid "${sid.value}" appears twice`);
    seen.add(sid.value);
  }
}

function checkElementNames(node: JsonObject, known: ReadonlySet<string>, findings: FindingList): void {
  for (const member of node.members) {
    if (known.has(member.name)) continue;
    const meant = [...known].find((name) => name.toLowerCase() === member.name.toLowerCase());
    const hint = meant
      ? `write ${meant}: element names are case-sensitive`
      : `known elements: ${[...known].join(', ')}`;
    findings.error('unknown-element', member, `element "${member.name}" is unknown`, hint);
  }
}
