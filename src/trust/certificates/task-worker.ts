/** The worker thread's end of `task-threads.ts`: does work on certificates until its parent ends it. Does no I/O. */
import { parentPort } from 'node:worker_threads';
import { RequestError } from './request.ts';
import type { Answer, Question } from './task-threads.ts';
import { certificateTasks } from './tasks.ts';

async function answer({ id, task }: Question): Promise<Answer> {
  try {
    switch (task.name) {
      case 'sign':
        return { id, result: await certificateTasks.sign(task.input) };
      case 'signRequested':
        return { id, result: await certificateTasks.signRequested(task.input) };
      case 'checkRequest':
        return { id, result: await certificateTasks.checkRequest(task.input) };
      case 'checkServerRequest':
        return { id, result: await certificateTasks.checkServerRequest(task.input) };
    }
  } catch (error) {
    // An error that is handed over loses its class.
    if (error instanceof RequestError) {
      return { id, refused: { reason: error.reason, message: error.message } };
    }
    return { id, failed: error instanceof Error ? error : new Error(String(error)) };
  }
}

parentPort?.on('message', async (question: Question) => {
  parentPort?.postMessage(await answer(question));
});
