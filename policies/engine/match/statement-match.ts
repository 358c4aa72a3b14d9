/** Whether a statement applies to a request: principal, action, resource and all conditions (iam.md 1.1). */

import type { CompiledPolicy, CompiledStatement } from '../compile/compile-policy.ts';
import { principalApplies } from '../compile/principal.ts';
import { cellHolds } from '../condition/cell.ts';
import type { ContextMap } from '../model.ts';
import { canonicalAction } from '../pattern/action-pattern.ts';
import { matchArn } from '../pattern/arn.ts';
import type { ResourcePattern } from '../pattern/resource-pattern.ts';
import { matchStringPattern } from '../pattern/string-pattern.ts';
import type { RequestView } from './request-view.ts';

/** `isCertain`: the index has proved that action and resource match. Without it every part is checked. */
export function statementApplies(statement: CompiledStatement, view: RequestView, isCertain = false): boolean {
  return (
    (isCertain || (actionApplies(statement, view) && resourceApplies(statement, view))) &&
    callerApplies(statement, view) &&
    conditionsHold(statement, view)
  );
}

const NO_CONTEXT: ContextMap = new Map();

/** Whether a statement is about the action at all. Where none of a policy is, the policy has no say in the request. */
export function mentionsAction(policy: CompiledPolicy, action: string): boolean {
  return statementsAbout(policy, action).length > 0;
}

/** Statements with the action in Action, or not in NotAction: no variable can stand there, so no request is needed. */
export function statementsAbout(policy: CompiledPolicy, action: string): CompiledStatement[] {
  const name = canonicalAction(action);
  return policy.statements.filter((statement) => actionMatches(statement, name, NO_CONTEXT));
}

export function actionApplies(statement: CompiledStatement, view: RequestView): boolean {
  return actionMatches(statement, view.action, view.context);
}

function actionMatches(statement: CompiledStatement, action: string, context: ContextMap): boolean {
  for (const pattern of statement.actions) {
    if (matchStringPattern(pattern, action, 0, action.length, context)) return !statement.negatedAction;
  }
  return statement.negatedAction;
}

/** A pattern with an unresolved variable matches nothing, so NotResource then applies (iam.md 1.5). */
export function resourceApplies(statement: CompiledStatement, view: RequestView): boolean {
  if (statement.resources === undefined) return true;
  for (const pattern of statement.resources) {
    if (resourceMatches(pattern, view)) return !statement.negatedResource;
  }
  return statement.negatedResource;
}

/** Whether the resource of the request is one that the pattern means. */
export function resourceMatches(pattern: ResourcePattern, view: RequestView): boolean {
  if (pattern.arn === undefined) return true;
  if (view.cuts === undefined || (pattern.wildcardType && view.resourceHasType)) return false;
  return matchArn(pattern.arn, view.resource, view.cuts, view.context);
}

export function callerApplies(statement: CompiledStatement, view: RequestView): boolean {
  const { principal } = statement;
  return principal === undefined || principalApplies(principal, statement.effect, view.principal, view.hasBoundary);
}

export function conditionsHold(statement: CompiledStatement, view: RequestView): boolean {
  for (const cell of statement.conditions) if (!cellHolds(cell, view.context)) return false;
  return true;
}
