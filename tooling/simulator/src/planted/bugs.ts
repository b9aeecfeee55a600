import { answerBugs } from './answer-bugs.js'
import { diskBugs } from './disk-bugs.js'
import { semanticBugs } from './semantic-bugs.js'

/** Mistakes people make in brokers and stores. Each has to be found: a list of what the checks are worth. */
export const plantedBugs = [...diskBugs, ...answerBugs, ...semanticBugs]
