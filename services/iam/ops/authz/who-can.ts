import { isAllowed } from '../../../../platform/authz/authorize.ts';
import { noResource } from '../../../../platform/runtime/call.ts';
import { WhoCan } from '../../api/analysis.ts';
import { verdictOf } from '../../domain/explanation.ts';
import { principalIds } from '../../store/principals.ts';
import { implement } from '../implement.ts';
import { openPage } from '../pages.ts';
import { askedOf, askingOf, failure, judgeAsked } from './decide.ts';
import { subjectOf } from './subject.ts';

/** Of one page: a principal that is not in memory costs several queries. */
const MOST_JUDGED = 500;
const BATCH = 100;

export const whoCan = implement(WhoCan, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const { accountId } = call.caller;
    const { Marker, MaxItems, ...question } = input;
    const page = openPage(deps, call, { Marker, MaxItems }, question);
    const asking = await askingOf(call, deps, [input.Resource]);
    const Principals = [];
    let Judged = 0;
    let { after } = page.range;
    let isEnd = false;
    while (!isEnd && Principals.length < page.limit && Judged < MOST_JUDGED) {
      const batch = await principalIds(deps.store.read, accountId, { after, limit: BATCH });
      isEnd = batch.length < BATCH;
      for (const [index, principalId] of batch.entries()) {
        const principal = await deps.directory.principal(principalId);
        after = principalId;
        Judged++;
        // Deleted since the list was read.
        if (!principal) continue;
        const asked = askedOf(deps, subjectOf(principal), question, asking);
        if ('code' in asked) throw failure(call, asked);
        const check = judgeAsked(asked, asking);
        const verdict = verdictOf(check.decision, isAllowed(check));
        if (input.Decision !== undefined && verdict.Decision !== input.Decision) continue;
        Principals.push({ Arn: principal.snapshot.Arn, ...verdict });
        if (Principals.length < page.limit) continue;
        isEnd &&= index === batch.length - 1;
        break;
      }
    }
    return {
      Principals,
      Judged,
      IsTruncated: !isEnd,
      ...(!isEnd && { Marker: deps.pages.seal(page.scope, after) }),
    };
  },
});
