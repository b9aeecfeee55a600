import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.client.consumer.AllocateMessageQueueStrategy;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueAveragely;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueAveragelyByCircle;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueConsistentHash;
import org.apache.rocketmq.common.message.MessageQueue;

/** What consumers do while they run. */
class ConsumerCases extends Lab {
    private static final int QUEUES = 8;

    ConsumerCases(Lab lab) {
        super(lab);
    }

    void addTo(Map<String, Callable<Void>> cases) {
        cases.put("rebalance strategies", this::strategies);
        cases.put("changes of subscription", this::subscriptions);
        cases.put("pause and resume", this::pauses);
    }

    private Void strategies() throws Exception {
        AllocateMessageQueueStrategy own = new AllocateMessageQueueStrategy() {
            @Override
            public List<MessageQueue> allocate(String group, String clientId, List<MessageQueue> queues, List<String> clientIds) {
                List<MessageQueue> share = new ArrayList<>();
                for (MessageQueue one : queues) if (one.getQueueId() % 2 == clientIds.indexOf(clientId)) share.add(one);
                return share;
            }

            @Override
            public String getName() {
                return "EVEN_QUEUES_TO_THE_FIRST";
            }
        };
        List<Integer> even = List.of(0, 2, 4, 6);
        List<Integer> odd = List.of(1, 3, 5, 7);
        shares(new AllocateMessageQueueAveragely(), List.of(List.of(0, 1, 2, 3), List.of(4, 5, 6, 7)));
        shares(new AllocateMessageQueueAveragelyByCircle(), List.of(even, odd));
        shares(new AllocateMessageQueueConsistentHash(), null);
        shares(own, List.of(even, odd));
        return null;
    }

    /** Two members, the lesser client id first; without `expected`, each queue must be of one of them. */
    private void shares(AllocateMessageQueueStrategy strategy, List<List<Integer>> expected) throws Exception {
        String topic = newTopic(QUEUES);
        String group = newGroup();
        List<DefaultMQPushConsumer> members = new ArrayList<>();
        for (String name : List.of("a", "b")) {
            DefaultMQPushConsumer consumer = newConsumer(group);
            consumer.setInstanceName(name + group);
            consumer.setAllocateMessageQueueStrategy(strategy);
            consumer.subscribe(topic, "*");
            consumer.registerMessageListener(new Collected());
            consumer.start();
            members.add(consumer);
        }
        Callable<List<List<Integer>>> all = () -> List.of(queuesOf(members.get(0), topic), queuesOf(members.get(1), topic));
        eventually(() -> {
            List<Integer> both = new ArrayList<>();
            all.call().forEach(both::addAll);
            return both.size() == QUEUES && new TreeSet<>(both).size() == QUEUES && (expected == null || all.call().equals(expected));
        }, "each queue with one member, by " + strategy.getName());
        for (DefaultMQPushConsumer one : members) one.shutdown();
    }

    private static List<Integer> queuesOf(DefaultMQPushConsumer consumer, String topic) {
        TreeSet<Integer> ids = new TreeSet<>();
        for (MessageQueue queue : consumer.getDefaultMQPushConsumerImpl().getRebalanceImpl().getProcessQueueTable().keySet()) {
            if (queue.getTopic().equals(topic)) ids.add(queue.getQueueId());
        }
        return new ArrayList<>(ids);
    }

    private Void subscriptions() throws Exception {
        String first = newTopic(1);
        String second = newTopic(1);
        Collected got = new Collected();
        DefaultMQPushConsumer consumer = newConsumer(newGroup());
        consumer.subscribe(first, "*");
        consumer.registerMessageListener(got);
        consumer.start();
        producer.send(message(first, "one"));
        eventually(() -> got.messages.size() == 1, "a message of the first topic");
        consumer.subscribe(second, "*");
        consumer.unsubscribe(first);
        producer.send(message(second, "two"));
        eventually(() -> got.texts().contains("two"), "a message of the second topic");
        eventually(() -> queuesOf(consumer, first).isEmpty(), "the end of the first subscription");
        producer.send(message(first, "unheard"));
        producer.send(message(second, "three"));
        eventually(() -> got.texts().contains("three"), "another message of the second topic");
        TimeUnit.MILLISECONDS.sleep(500);
        check(!got.texts().contains("unheard"), "came: " + got.texts());
        return null;
    }

    private Void pauses() throws Exception {
        String topic = newTopic(1);
        Collected got = new Collected();
        DefaultMQPushConsumer consumer = newConsumer(newGroup());
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener(got);
        consumer.start();
        producer.send(message(topic, "one"));
        eventually(() -> got.messages.size() == 1, "a message");
        consumer.suspend();
        // A pull that the broker holds is not called back: what it brings is the last before the pause.
        producer.send(message(topic, "held"));
        TimeUnit.MILLISECONDS.sleep(1500);
        int before = got.messages.size();
        producer.send(message(topic, "two"));
        TimeUnit.MILLISECONDS.sleep(1500);
        check(got.messages.size() == before, "came while paused: " + got.texts());
        consumer.resume();
        eventually(() -> got.texts().equals(List.of("held", "one", "two")), "the rest");
        return null;
    }
}
