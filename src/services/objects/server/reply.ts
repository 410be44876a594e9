/** What a call answers: known whole, or with bytes that follow. */
import type { Answer } from '../s3/answers/answer.ts';
import type { Session } from './session.ts';

export interface StreamedAnswer extends Omit<Answer, 'body'> {
  readonly bytes: AsyncIterable<Uint8Array>;
}

export type Reply = Answer | StreamedAnswer;
export type Handler<Call> = (session: Session, call: Call) => Promise<Reply>;
