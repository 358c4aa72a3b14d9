import { Authorize, BatchAuthorize } from '../../api/authz.ts';
import { implement } from '../implement.ts';
import { askingOf, decide, failure } from './decide.ts';
import { aboutSubject, findSubject, type Subject, subjectMissing, targetOf } from './subject.ts';

export const authorize = implement(Authorize, {
  resolve: (call, input, deps) => aboutSubject(call, deps, input.Principal),
  async run(call, input, subject, deps) {
    const asking = await askingOf(call, deps, [input.Resource]);
    const result = decide(deps, subject, input, asking, input.Explain ?? false);
    // Absence denies: an application that shows errors to its users must not have to think of this one.
    if ('code' in result && result.code === 'Unavailable')
      return { ...denial(result.message), DecisionId: call.eventId };
    if ('code' in result) throw failure(call, result);
    call.decided?.([{ ...result.check, principal: subject.principal }]);
    return { ...result.answer, DecisionId: call.eventId };
  },
});

export const batchAuthorize = implement(BatchAuthorize, {
  /** Every subject is authorized; a caller who may not ask about one of them gets no answer at all. */
  async resolve(call, input, deps) {
    const subjects = new Map<string, Subject | undefined>();
    for (const item of input.Items) {
      const arn = item.Principal ?? call.caller.arn;
      if (!subjects.has(arn)) subjects.set(arn, await findSubject(call, deps, arn));
    }
    return { targets: [...subjects].map(([arn, subject]) => targetOf(arn, subject)), state: subjects };
  },
  async run(call, input, subjects, deps) {
    const resources = input.Items.map((item) => item.Resource);
    const asking = await askingOf(call, deps, resources);
    const asked: Parameters<NonNullable<typeof call.decided>>[0][number][] = [];
    const Results = input.Items.map((item) => {
      const arn = item.Principal ?? call.caller.arn;
      const subject = subjects.get(arn);
      if (!subject) return undecided('NotFound', subjectMissing(arn));
      const result = decide(deps, subject, item, asking, input.Explain ?? false);
      if ('code' in result) return undecided(result.code, result.message);
      asked.push({ ...result.check, principal: subject.principal });
      return result.answer;
    });
    call.decided?.(asked);
    return { DecisionId: call.eventId, Results };
  },
});

function undecided(Code: string, Message: string) {
  return { ...denial(Message), Error: { Code, Message } };
}

function denial(Message: string) {
  return { Decision: 'Deny' as const, Reason: 'error' as const, Layers: [], Message, MissingContextKeys: [] };
}
