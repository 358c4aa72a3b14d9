/** A request as the matcher reads it: derived once per decision, then only compared. */

import type { AuthorizationRequest, ContextMap, PrincipalFacts } from '../model.ts';
import { canonicalAction } from '../pattern/action-pattern.ts';
import type { ArnCuts } from '../pattern/arn.ts';
import { cutArn } from '../pattern/arn.ts';
import { hasTypeWord } from '../pattern/resource-pattern.ts';

export class RequestView {
  readonly principal: PrincipalFacts;
  readonly context: ContextMap;
  readonly hasBoundary: boolean;
  /** Lower case, alias replaced. */
  readonly action: string;
  readonly resource: string;
  /** Undefined when the request names no resource. */
  readonly cuts: ArnCuts | undefined;
  readonly resourceHasType: boolean;
  readonly sameAccount: boolean;

  /** @throws TypeError for an action without service or name, or an empty resource. */
  constructor(request: AuthorizationRequest, hasBoundaryLayer: boolean) {
    this.principal = request.principal;
    this.context = request.context;
    this.hasBoundary = hasBoundaryLayer || request.principal.hasBoundary === true;
    this.action = canonicalAction(request.action);
    const colon = this.action.indexOf(':');
    if (colon <= 0 || colon === this.action.length - 1) throw new TypeError('action is not of the form service:Name');
    if (request.resource === '') throw new TypeError('resource is empty');
    this.resource = request.resource;
    this.cuts = cutArn(request.resource);
    this.resourceHasType = this.cuts !== undefined && hasTypeWord(this.#segment(this.cuts.service, this.cuts.region));
    const owner = request.resourceAccount ?? (this.cuts && this.#segment(this.cuts.account, this.cuts.resource));
    // An ARN without an account (and `*`) belongs to the caller's own unless the caller of the engine says otherwise.
    this.sameAccount = owner === undefined || owner === '' || owner === request.principal.accountId;
  }

  #segment(from: number, next: number): string {
    return this.resource.slice(from, next - 1);
  }
}
