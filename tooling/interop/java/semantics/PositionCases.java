import java.text.SimpleDateFormat;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageQueue;

/** Places in queues: where they are, and where consumers begin. */
class PositionCases extends Lab {
    PositionCases(Lab lab) {
        super(lab);
    }

    void addTo(Map<String, Callable<Void>> cases) {
        cases.put("offset search", this::search);
        cases.put("where consumers start", this::starts);
        cases.put("resetting and cloning offsets", this::resets);
    }

    /** Store times that differ. */
    private SendResult sendApart(String topic, String text) throws Exception {
        SendResult sent = producer.send(message(topic, text));
        TimeUnit.MILLISECONDS.sleep(50);
        return sent;
    }

    private long storeTime(String topic, SendResult sent) throws Exception {
        return admin.viewMessage(topic, sent.getOffsetMsgId()).getStoreTimestamp();
    }

    private Void search() throws Exception {
        String topic = newTopic(1);
        SendResult first = sendApart(topic, "a");
        SendResult second = sendApart(topic, "b");
        sendApart(topic, "c");
        MessageQueue queue = first.getMessageQueue();
        check(admin.searchOffset(queue, storeTime(topic, second)) == 1, "not found by its time");
        check(admin.searchOffset(queue, storeTime(topic, first) - 60_000) == 0, "not the first for an early time");
        check(admin.minOffset(queue) == 0 && admin.maxOffset(queue) == 3, "the ends of the queue");
        check(admin.earliestMsgStoreTime(queue) <= storeTime(topic, first), "the earliest time");
        return null;
    }

    private Void starts() throws Exception {
        String topic = newTopic(1);
        sendApart(topic, "old");
        // The client's times have seconds, and brokers of 4.x go to the nearer neighbour of a time.
        TimeUnit.MILLISECONDS.sleep(2100);
        String time = new SimpleDateFormat("yyyyMMddHHmmss").format(new Date());
        sendApart(topic, "new");
        Collected first = startAt(topic, ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET, time);
        Collected timed = startAt(topic, ConsumeFromWhere.CONSUME_FROM_TIMESTAMP, time);
        Collected last = startAt(topic, ConsumeFromWhere.CONSUME_FROM_LAST_OFFSET, time);
        eventually(() -> first.messages.size() == 2 && timed.messages.size() == 1, "what was there");
        // The last one has its queue by now, or takes the offset before the message that is sent when it has.
        eventually(() -> {
            producer.send(message(topic, "then"));
            return !last.messages.isEmpty();
        }, "a message after the start");
        check(first.texts().containsAll(List.of("old", "new")), "from the first: " + first.texts());
        check(timed.texts().contains("new") && !timed.texts().contains("old"), "from a time: " + timed.texts());
        check(last.texts().stream().allMatch("then"::equals), "from the last: " + last.texts());
        return null;
    }

    private Collected startAt(String topic, ConsumeFromWhere where, String time) throws Exception {
        Collected got = new Collected();
        DefaultMQPushConsumer consumer = newConsumer(newGroup());
        consumer.setConsumeFromWhere(where);
        consumer.setConsumeTimestamp(time);
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener(got);
        consumer.start();
        return got;
    }

    private Void resets() throws Exception {
        String topic = newTopic(1);
        String group = newGroup();
        SendResult[] sent = new SendResult[5];
        for (int i = 0; i < sent.length; i++) sent[i] = sendApart(topic, String.valueOf(i));
        Collected before = new Collected();
        DefaultMQPushConsumer consumer = member(group, topic, before);
        eventually(() -> before.messages.size() == 5, "5 messages");
        consumer.shutdown();
        MessageQueue queue = sent[0].getMessageQueue();
        moveBack(group, queue, storeTime(topic, sent[3]));
        String copy = newGroup();
        admin.cloneGroupOffset(group, copy, topic, true);
        Collected again = new Collected();
        Collected copied = new Collected();
        member(group, topic, again);
        member(copy, topic, copied);
        eventually(() -> again.messages.size() == 2 && copied.messages.size() == 2, "two messages for each");
        check(again.texts().equals(List.of("3", "4")), "came again: " + again.texts());
        check(copied.texts().equals(List.of("3", "4")), "came to the copy: " + copied.texts());
        return null;
    }

    private DefaultMQPushConsumer member(String group, String topic, Collected got) throws Exception {
        DefaultMQPushConsumer consumer = newConsumer(group);
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener(got);
        consumer.start();
        return consumer;
    }

    /** By a consumer: with brokers of 4.x, the admin tools of 5.x cannot. */
    private void moveBack(String group, MessageQueue queue, long timestamp) throws Exception {
        DefaultMQPullConsumer mover = new DefaultMQPullConsumer(group);
        mover.setNamesrvAddr(namesrv);
        mover.setInstanceName("mover" + names.incrementAndGet());
        mover.start();
        eventually(() -> mover.fetchConsumeOffset(queue, true) == 5, "the offset committed");
        mover.updateConsumeOffset(queue, mover.searchOffset(queue, timestamp));
        mover.getDefaultMQPullConsumerImpl().getOffsetStore().persist(queue);
        eventually(() -> mover.fetchConsumeOffset(queue, true) == 3, "the offset moved back");
        mover.shutdown();
    }
}
