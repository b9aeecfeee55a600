import Table from 'cli-table3'

/** Prints a title and rows of which the first is the head. */
export function printTable(title: string, [head, ...rows]: (string | number)[][]): void {
  const table = new Table({ head: head!.map(String), style: { head: [], border: [] } })
  for (const row of rows) table.push(row.map(String))
  console.log(`\n${title}\n${table.toString()}`)
}
