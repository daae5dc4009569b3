// Asks the evaluator of cloud-copilot the same questions. It runs as a separate process
// that reads and writes JSON lines: a simulation in, {"result", "error"} out, in order.
import { createInterface } from 'node:readline'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const modules = createRequire(process.env.SIMULATE_MODULES + '/package.json')
const { runSimulation, anonymousPrincipal } = await import(pathToFileURL(modules.resolve('@cloud-copilot/iam-simulate')))

for await (const line of createInterface({ input: process.stdin })) {
  const simulation = JSON.parse(line)
  if (simulation.request.principal === '') {
    simulation.request.principal = anonymousPrincipal
  }
  let answer
  try {
    const { resultType, overallResult, errors, result, results } = await runSimulation(simulation, { simulationMode: 'Strict' })
    // The evaluator ignores keys that it does not know for the action. They are reported,
    // because the answer is then to another question.
    const ignored = [result, ...(results ?? [])].flatMap((r) => r?.ignoredContextKeys ?? [])
    answer = { result: overallResult ?? resultType, error: errors ? JSON.stringify(errors) : '', ignored }
  } catch (e) {
    answer = { result: 'threw', error: String(e), ignored: [] }
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
