/**
 * Compiles a document once, when it is written. Guarantees that a compiled policy is free of grammar errors (unknown
 * elements, operators, unreadable operands, misplaced variables) and carries its content hash and the place of every
 * statement. Refuses, with all findings, everything else: nothing is skipped, because a skipped Deny would be a grant.
 */
import { createHash } from 'node:crypto';
import { type ConditionCell, compileCell } from '../condition/cell.ts';
import type { PolicySource, StatementRef } from '../model.ts';
import { compileActionPattern } from '../pattern/action-pattern.ts';
import { compileResourcePattern, type ResourcePattern } from '../pattern/resource-pattern.ts';
import type { StringPattern } from '../pattern/string-pattern.ts';
import type { PolicyDocument, Statement } from '../syntax/ast.ts';
import { readDocument } from '../syntax/document.ts';
import { FindingList, PolicySyntaxError } from '../syntax/findings.ts';
import { checkKind } from './kind-rules.ts';
import { bindEntries, compilePrincipal, type PrincipalMatcher } from './principal.ts';

export interface CompiledStatement {
  readonly ref: StatementRef;
  readonly effect: 'Allow' | 'Deny';
  readonly negatedAction: boolean;
  readonly actions: readonly StringPattern[];
  /** Undefined in trust policies: the statement is about the role itself. */
  readonly resources: readonly ResourcePattern[] | undefined;
  readonly negatedResource: boolean;
  /** Undefined in kinds whose caller is implied by the attachment. */
  readonly principal: PrincipalMatcher | undefined;
  readonly conditions: readonly ConditionCell[];
  /** One of the conditions, when it is that a key has one literal value: the index files the statement under it. */
  readonly confinedTo?: { readonly key: string; readonly value: string };
}

export interface CompiledPolicy {
  readonly source: PolicySource;
  /** Of the document's text, SHA-256, lower-case hexadecimal. */
  readonly contentHash: string;
  readonly text: string;
  readonly document: PolicyDocument;
  readonly statements: readonly CompiledStatement[];
}

const NOBODY: PrincipalMatcher = { negated: false, everyone: false, entries: [] };

/**
 * @param textOrDocument JSON text, or a plain object (line and column then refer to `text` of the result).
 * @throws PolicySyntaxError with every finding when the document has a grammar error for its kind.
 */
export function compilePolicy(textOrDocument: string | object, source: PolicySource): CompiledPolicy {
  const text = typeof textOrDocument === 'string' ? textOrDocument : JSON.stringify(textOrDocument, undefined, 2);
  const findings = new FindingList(text);
  const compiled = compileText(text, source, findings);
  if (!compiled || findings.hasErrors) throw new PolicySyntaxError(findings.sorted());
  return { source, contentHash: createHash('sha256').update(text).digest('hex'), text, ...compiled };
}

/** The part shared with the validator: reports instead of throwing. Undefined when no document could be read. */
export function compileText(
  text: string,
  source: PolicySource,
  findings: FindingList,
): Pick<CompiledPolicy, 'document' | 'statements'> | undefined {
  const document = readDocument(text, source.kind, findings);
  if (!document) return undefined;
  checkKind(document, source, findings);
  const statements = document.statements.map((statement) => compileStatement(statement, document, source, findings));
  return { document, statements };
}

/**
 * Binds the users, roles and sessions that a policy names to their unique ids, so that a re-created principal with
 * an old name does not match. Call it when the policy is written and keep the ids.
 *
 * @param resolve unique id that bears the ARN, or undefined when there is none: the name then matches nobody.
 */
export function bindPrincipals(policy: CompiledPolicy, resolve: (arn: string) => string | undefined): CompiledPolicy {
  const statements = policy.statements.map((statement) =>
    statement.principal ? { ...statement, principal: bindEntries(statement.principal, resolve) } : statement,
  );
  return { ...policy, statements };
}

function compileStatement(
  statement: Statement,
  document: PolicyDocument,
  source: PolicySource,
  findings: FindingList,
): CompiledStatement {
  const variables = document.version === '2012-10-17';
  const { line, column } = findings.locate(statement.offset);
  const end = findings.locate(statement.end);
  const ref: StatementRef = {
    policyArn: source.arn,
    ...(source.version !== undefined && { version: source.version }),
    ...(source.name !== undefined && { policyName: source.name }),
    ...(source.enterpriseProjectId !== undefined && { enterpriseProjectId: source.enterpriseProjectId }),
    ...(statement.sid && { sid: statement.sid.value }),
    statementIndex: statement.index,
    line,
    column,
    endLine: end.line,
    endColumn: end.column,
  };
  const principal = statement.principal ? compilePrincipal(statement.principal, findings) : undefined;
  const resources = statement.resource?.patterns.flatMap(
    (pattern) => compileResourcePattern(pattern, source.kind, variables, findings) ?? [],
  );
  return {
    ref,
    effect: statement.effect,
    negatedAction: statement.action.negated,
    actions: statement.action.patterns.flatMap((pattern) => compileActionPattern(pattern, variables, findings) ?? []),
    negatedResource: statement.resource?.negated ?? false,
    conditions: statement.conditions.flatMap((cell) => compileCell(cell, { variables, findings }) ?? []),
    resources,
    // A resource policy statement that names nobody never matches (iam.md 1.2).
    principal: principal ?? (source.kind === 'resource' ? NOBODY : undefined),
  };
}
