import { deniedSentence, isAllowed, judge } from '../../../../platform/authz/authorize.ts';
import { explain as explainRequest } from '../../../../policies/engine/index.ts';
import { Explain } from '../../api/explain.ts';
import { ContextKeySpelling, policiesIn } from '../../domain/context-key-spelling.ts';
import { decidingDocuments, explainedLayers, verdictOf } from '../../domain/explanation.ts';
import { implement } from '../implement.ts';
import { allLayers, allowSentence, askedOf, askingOf, failure } from './decide.ts';
import { aboutSubject } from './subject.ts';

export const explain = implement(Explain, {
  resolve: (call, input, deps) => aboutSubject(call, deps, input.Principal),
  async run(call, input, subject, deps) {
    const asking = await askingOf(call, deps, [input.Resource]);
    const asked = askedOf(deps, subject, input, asking);
    if ('code' in asked) throw failure(call, asked);
    const check = judge(asked.request, asked.layers, asking.organization);
    const layers = allLayers(asked, check);
    const explanation = explainRequest(asked.request, layers);
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
