import { Column, CreateDateColumn, Entity, Index, JoinColumn, ManyToOne, OneToOne, PrimaryGeneratedColumn, UpdateDateColumn } from 'typeorm';
import { Movie } from './movie';
import { Storage } from './storage';

@Entity('movie_sources')
@Index(['quality', 'score'])
export class MovieSource {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  movieId!: number;

  @Column()
  quality!: string;

  @Column()
  type!: string;

  @Column('bigint')
  size!: number;

  @Column({ default: 0 })
  seeds!: number;

  @Column({ default: 0 })
  peers!: number;

  @Column()
  magnetUri!: string;

  @Column({ unique: true })
  infoHash!: string;

  @Column()
  language!: string;

  @Column()
  title!: string;

  @Column({ type: 'float', default: 0 })
  score!: number;

  @Index()
  @Column('datetime')
  lastSeen!: Date;

  @CreateDateColumn()
  createdAt!: Date;

  @UpdateDateColumn()
  updatedAt!: Date;

  @ManyToOne(() => Movie, (movie) => movie.sources)
  @JoinColumn({ name: 'movieId' })
  movie!: Movie;

  @OneToOne(() => Storage, (storage) => storage.source)
  storage!: Storage | null;
}
