import type { ComponentType } from 'react'
import { ClusterPage } from './cluster-page'
import { TopicPage } from './topic-page'
import { TopicsPage } from './topics-page'

export interface Page {
  path: string
  /** In the navigation; pages without one are reached from others. */
  title?: string
  component: ComponentType<any>
}

/** All pages. A further one is a file and a row. */
export const pages: Page[] = [
  { path: '/', title: 'Cluster', component: ClusterPage },
  { path: '/topics', title: 'Topics', component: TopicsPage },
  { path: '/topics/:name', component: TopicPage },
]
