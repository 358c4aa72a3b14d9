import { isAllowed } from '../../../../platform/authz/authorize.ts';
import { WhatCan } from '../../api/analysis.ts';
import { actionList, actsOn } from '../../domain/action-list.ts';
import { verdictOf } from '../../domain/explanation.ts';
import { implement } from '../implement.ts';
import { openPage } from '../pages.ts';
import { askedOf, askingOf, failure, judgeAsked } from './decide.ts';
import { aboutSubject } from './subject.ts';

/** Of one page: decisions that are asked for one after the other without giving way. */
const MOST_JUDGED = 5_000;

export const whatCan = implement(WhatCan, {
  resolve: (call, input, deps) => aboutSubject(call, deps, input.Principal),
  async run(call, input, subject, deps) {
    const { Marker, MaxItems, ...question } = input;
    const page = openPage(deps, call, { Marker, MaxItems }, question);
    const resources = [...new Set(input.Resources)];
    const asking = await askingOf(call, deps, resources);
    const pairs = actionList({ catalogue: deps.catalogue, namespaces: asking.namespaces }, input.Service).flatMap(
      (action) =>
        resources.flatMap((Resource, at) =>
          actsOn(action, Resource) ? { action: action.name, Resource, position: positionOf(action.key, at) } : [],
        ),
    );
    const { after } = page.range;
    const rest = after === undefined ? pairs : pairs.filter(({ position }) => position > after);
    const Actions = [];
    let Judged = 0;
    for (const { action: Action, Resource } of rest) {
      if (Actions.length === page.limit || Judged === MOST_JUDGED) break;
      Judged++;
      const asked = askedOf(deps, subject, { ...question, Action, Resource }, asking);
      if ('code' in asked) throw failure(call, asked);
      const check = judgeAsked(asked, asking);
      const verdict = verdictOf(check.decision, isAllowed(check));
      if (input.Decision === undefined || verdict.Decision === input.Decision)
        Actions.push({ Action, Resource, ...verdict });
    }
    const last = rest[Judged - 1];
    const IsTruncated = Judged < rest.length;
    return {
      Actions,
      Judged,
      IsTruncated,
      ...(IsTruncated && last && { Marker: deps.pages.seal(page.scope, last.position) }),
    };
  },
});

/** Ordered by action, then by place in the list of resources. */
function positionOf(action: string, resource: number): string {
  return `${action} ${String(resource).padStart(2, '0')}`;
}
