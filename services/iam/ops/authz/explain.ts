import { decidedFrom, deniedSentence, isAllowed } from '../../../../platform/authz/authorize.ts';
import { explain as explainRequest } from '../../../../policies/engine/index.ts';
import { Explain } from '../../api/explain.ts';
import { ContextKeySpelling, policiesIn } from '../../domain/context-key-spelling.ts';
import { decidingDocuments, explainedLayers, verdictOf } from '../../domain/explanation.ts';
import { implement } from '../implement.ts';
import { allowSentence, askedOf, askingOf, failure, judgeAsked } from './decide.ts';
import { aboutSubject } from './subject.ts';

export const explain = implement(Explain, {
  resolve: (call, input, deps) => aboutSubject(call, deps, input.Principal),
  async run(call, input, subject, deps) {
    const asking = await askingOf(call, deps, [input.Resource]);
    const asked = askedOf(deps, subject, input, asking);
    if ('code' in asked) throw failure(call, asked);
    const check = judgeAsked(asked, asking);
    const { request, layers } = decidedFrom(check, asked.layers);
    const explanation = explainRequest(request, layers);
    const allowed = isAllowed(check);
    return {
      ...verdictOf(check.decision, allowed),
      Message: allowed ? allowSentence(check.decision) : deniedSentence(check, asking.organization, true),
      ...(check.decision.impliedBy && { ImpliedBy: check.decision.impliedBy }),
      Layers: explainedLayers(explanation, layers),
      Documents: decidingDocuments(explanation, layers),
      MissingContextKeys: new ContextKeySpelling(policiesIn(layers)).of(explanation.missingContextKeys),
      Context: Object.fromEntries([...asked.request.context].sort(([a], [b]) => (a < b ? -1 : 1))),
      PolicyVersion: subject.principal.snapshot.Version,
      BlockedByOwnerState: check.ownerState !== undefined,
    };
  },
});
