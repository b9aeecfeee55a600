// Apache's Go client, driven from outside: main produce|consume NAMESRV TOPIC COUNT [GROUP]. One line of text a message.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	rocketmq "github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
	"github.com/apache/rocketmq-client-go/v2/rlog"
)

func main() {
	rlog.SetLogLevel("error")
	mode, namesrv, topic := os.Args[1], os.Args[2], os.Args[3]
	count, err := strconv.Atoi(os.Args[4])
	check(err)
	if mode == "produce" {
		produce(namesrv, topic, count)
	} else {
		consume(namesrv, topic, count, os.Args[5])
	}
}

func produce(namesrv, topic string, count int) {
	p, err := rocketmq.NewProducer(producer.WithNameServer([]string{namesrv}), producer.WithGroupName("interop_go"))
	check(err)
	check(p.Start())
	for i := 0; i < count; i++ {
		message := primitive.NewMessage(topic, []byte(body(i))).WithTag("go").WithKeys([]string{fmt.Sprint("key", i)})
		result, err := p.SendSync(context.Background(), message)
		check(err)
		fmt.Printf("sent\t%s\t%s\t%d\t%d\n", body(i), result.MsgID, result.MessageQueue.QueueId, result.QueueOffset)
	}
	check(p.Shutdown())
}

func consume(namesrv, topic string, count int, group string) {
	c, err := rocketmq.NewPushConsumer(
		consumer.WithNameServer([]string{namesrv}),
		consumer.WithGroupName(group),
		consumer.WithConsumeFromWhere(consumer.ConsumeFromFirstOffset),
	)
	check(err)
	var guard sync.Mutex
	seen := 0
	all := make(chan struct{})
	check(c.Subscribe(topic, consumer.MessageSelector{}, func(_ context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		guard.Lock()
		defer guard.Unlock()
		for _, one := range messages {
			fmt.Printf("got\t%s\t%s\t%d\t%d\n", one.Body, one.MsgId, one.Queue.QueueId, one.QueueOffset)
			if seen++; seen == count {
				close(all)
			}
		}
		return consumer.ConsumeSuccess, nil
	}))
	check(c.Start())
	select {
	case <-all:
	case <-time.After(60 * time.Second):
		fmt.Fprintln(os.Stderr, "not all messages came")
		os.Exit(3)
	}
	check(c.Shutdown())
}

func body(number int) string { return fmt.Sprintf("go-%d-é中", number) }

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}
