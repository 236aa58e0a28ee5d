# What the tests of a training that is stopped and goes on share; sourced after common.bash.  The training is of `task`
# on `data` with `settings`; column `seconds` of its history never repeats.

# start OPTION... & makes the program itself the job that signals go to, not a shell around it.
start() {
    exec "$QUADRAT" train $task "$data" $settings "$@"
}
train() {
    (start "$@")
}

# without_seconds HISTORY
without_seconds() {
    cut -d, -f"$seconds" --complement "$1"
}

# same_end MODEL HISTORY: those of the training that nobody disturbed, the seconds apart.
same_end() {
    same "$1" model
    without_seconds "$2" > h.cut
    same h.cut history.cut
}

# wait_for FILE PID: until it is there, or the process is not.
wait_for() {
    while [ ! -e "$1" ] && kill -0 "$2" 2> /dev/null; do
        sleep 0.002
    done
}
